import type { StreamName } from '@millrace/contracts';
import type { EventStore, Snapshots } from '@millrace/event-store';
import { createProjector } from '../log-projector.js';
import type { Projection, Projector } from '../projector.js';
import type { ReadModels } from '../read-models.js';
import { toTold } from './failures.js';
import type { Channel, FromProjector, ToProjector } from './protocol.js';

export interface ProjectorHostOptions {
  readonly channel: Channel<FromProjector, ToProjector>;
  /** The log as this thread sees it. */
  readonly log: Pick<EventStore, 'subscribe' | 'readAll' | 'head'> & { wake(): void };
  readonly readModels: ReadModels & { readonly snapshots: Snapshots };
  readonly projections: readonly Projection[];
  /** A named place where a test can end the process. */
  readonly fault: (point: 'projection') => void;
}

/** Nobody else uses this thread, so that a batch may take its time. */
const BATCH_EVENTS_MAX = 4_000;

/**
 * Projects in this thread for a {@link RemoteProjector} in another: commands and requests have theirs for themselves
 * (docs/decisions/0046).
 *
 * @returns when it was told to stop and has.
 */
export async function hostProjector(options: ProjectorHostOptions): Promise<void> {
  const host = new ProjectorHost(options);
  await host.run();
}

class ProjectorHost {
  private readonly projector: Projector;
  private readonly stopping = Promise.withResolvers<void>();

  constructor(private readonly options: ProjectorHostOptions) {
    this.projector = createProjector({
      // It only reads.
      store: options.log as unknown as EventStore,
      readModels: options.readModels,
      projections: options.projections,
      fault: options.fault,
      batchEventsMax: BATCH_EVENTS_MAX,
      onApplied: () => this.tell({ type: 'applied', checkpoints: this.checkpoints() }),
      onStopped: ({ name, stoppedBy }) => {
        if (stoppedBy !== undefined) this.tell({ type: 'stopped', projection: name, by: stoppedBy });
      },
      onRetry: (cause, attempt) => this.tell({ type: 'retry', failure: toTold(cause), attempt }),
    });
  }

  async run(): Promise<void> {
    // Before it follows the log: the first wake-up may come at once, and nobody sends it twice.
    this.options.channel.on('message', (message) => this.hear(message));
    await this.projector.start();
    const projections = this.options.projections.map(({ name }) => name);
    this.tell({ type: 'started', projections, checkpoints: this.checkpoints() });
    await this.stopping.promise;
    await this.projector.stop();
  }

  private hear(message: ToProjector): void {
    switch (message.type) {
      case 'wake':
        return this.options.log.wake();
      case 'rebuild':
        return void this.answer(message.id, () => this.rebuild(message.id, message.projection));
      case 'save-snapshot':
        return void this.answer(message.id, async () => {
          const { stream, decider, snapshot } = message;
          await this.options.readModels.snapshots.save(stream as StreamName, decider, snapshot);
          return 0;
        });
      case 'stop':
        return this.stopping.resolve();
    }
  }

  private async rebuild(id: number, projection: string): Promise<number> {
    const documents = await this.projector.rebuild(projection, (done, of) =>
      this.tell({ type: 'progress', id, done, of }),
    );
    this.tell({ type: 'stopped', projection, by: null });
    return documents;
  }

  private async answer(id: number, work: () => Promise<number>): Promise<void> {
    try {
      this.tell({ type: 'answer', id, value: await work() });
    } catch (error) {
      this.tell({ type: 'failure', id, failure: toTold(error) });
    }
  }

  private checkpoints(): readonly bigint[] {
    return this.projector.status().map(({ checkpoint }) => checkpoint);
  }

  private tell(message: FromProjector): void {
    this.options.channel.postMessage(message);
  }
}
