import type { Messages } from '@millrace/messaging';
import type { Projector } from '@millrace/read-models';
import { isOperational, type Clock } from '@millrace/runtime';
import type { Rebuilding, Settling } from './platform.presenter.js';

/** What an administrator does to the installation itself. Nothing of it is a fact of the domain, so that nothing is recorded. */
export class Maintenance {
  constructor(
    private readonly projector: Pick<Projector, 'status' | 'rebuild'>,
    private readonly messages: Pick<Messages, 'parked' | 'retry' | 'drop'>,
    private readonly clock: Clock,
  ) {}

  async rebuild(name: string): Promise<Rebuilding> {
    const names = this.projector.status().map((projection) => projection.name);
    if (!names.includes(name))
      return {
        accepted: false,
        code: 'PROJECTION_NOT_FOUND',
        message: `There is no projection ${name}; there are ${names.join(', ')}.`,
      };
    const startedMs = this.clock.nowMs();
    try {
      const documents = await this.projector.rebuild(name);
      return { accepted: true, name, documents, durationMs: this.clock.nowMs() - startedMs };
    } catch (error) {
      if (isOperational(error) && error.code === 'REBUILD_RUNNING')
        return { accepted: false, code: 'REBUILD_RUNNING', message: `Projection ${name} is being rebuilt already.` };
      throw error;
    }
  }

  /** Refused where it fails again: then it is parked as before. */
  async retryParked(id: string): Promise<Settling> {
    const settling = await this.settle(id, () => this.messages.retry(id));
    const still = settling.accepted ? (await this.messages.parked()).find((message) => message.id === id) : undefined;
    if (still === undefined) return settling;
    return { accepted: false, code: 'STILL_FAILS', message: `It failed again and stays parked: ${still.cause}` };
  }

  dropParked(id: string): Promise<Settling> {
    return this.settle(id, () => this.messages.drop(id));
  }

  private async settle(id: string, act: () => Promise<void>): Promise<Settling> {
    const parked = await this.messages.parked();
    if (!parked.some((message) => message.id === id))
      return { accepted: false, code: 'PARKED_NOT_FOUND', message: 'No such message is parked (any more).' };
    await act();
    return { accepted: true, id };
  }
}
