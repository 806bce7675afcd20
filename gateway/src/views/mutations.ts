import type { Fact } from '@millrace/contracts';
import type { RefusalDetail } from '@millrace/decider';
import type { Envelope } from '@millrace/event-store';
import type { AddressedCommand, Commands } from '@millrace/messaging';
import type { Ids } from '@millrace/runtime';
import { callerEnvelope } from '../access/envelope.js';
import type { RequestContext, Visibility } from '../ports.js';

/** What a mutation wants. */
export interface Wish {
  /** The mutation's name. */
  readonly operation: string;
  /** What it is about; the same client token for two subjects is two wishes. */
  readonly subject: string;
  readonly clientToken: string | null | undefined;
  /** The command; its id is given to derive others from, so that a repeat is the same. */
  readonly command: (commandId: string) => AddressedCommand;
  /** Goes into the envelope where the caller knows it. */
  readonly pipelineId?: string | undefined;
  readonly executionId?: string | undefined;
}

export interface Accepted {
  readonly accepted: true;
  readonly commandId: string;
  /** As it leaves the house; null when nothing changed. */
  readonly position: string | null;
  readonly visible: boolean;
  readonly events: readonly Fact[];
}

export type Settled =
  | Accepted
  | {
      readonly accepted: false;
      readonly code: string;
      readonly message: string;
      readonly details?: readonly RefusalDetail[];
    };

/** Sends a caller's command and waits until what it did can be seen (decisions 4 and 13). */
export class Mutations {
  constructor(
    private readonly commands: Commands,
    private readonly visibility: Pick<Visibility, 'awaitVisible' | 'cursorOf'>,
    private readonly ids: Ids,
  ) {}

  /**
   * @throws OperationalError when no answer came; the same request with the same client token is safe.
   */
  async settle(context: RequestContext, wish: Wish): Promise<Settled> {
    const envelope = this.envelope(context, wish);
    const reply = await this.commands.send(wish.command(envelope.commandId), envelope);
    if (!reply.accepted) return reply;
    const { position, events } = reply;
    return {
      accepted: true,
      commandId: envelope.commandId,
      position: position === undefined ? null : this.visibility.cursorOf(position),
      visible: await this.visibility.awaitVisible(position),
      events,
    };
  }

  /** A token for a wish that came without one. */
  token(clientToken: string | null | undefined): string {
    return clientToken ?? this.ids.uuid();
  }

  private envelope(context: RequestContext, wish: Wish): Envelope {
    const { operation, subject, clientToken, pipelineId, executionId } = wish;
    return {
      ...callerEnvelope(context, operation, `${subject}\u001e${this.token(clientToken)}`),
      ...(pipelineId === undefined ? {} : { pipelineId }),
      ...(executionId === undefined ? {} : { executionId }),
    };
  }
}
