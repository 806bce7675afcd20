import type { Timer } from '@millrace/runtime';
import { systemTimers } from '@millrace/runtime';
import type { KafkaConnection } from './connection.js';
import { GroupReader } from './group-reader.js';

export interface DutyOptions {
  readonly connection: KafkaConnection;
  /** Names the group, e.g. `execution.relay`; never reused for another duty. */
  readonly name: string;
  /**
   * Done while this process has the duty, until the signal. Two processes may do it at once, while a group finds out about a member that has
   * gone silent: that must be harmless (docs/decisions/0016). When it fails it is begun again after a pause.
   */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

const AGAIN_AFTER_MS = 1_000;

/** What one process of a group does for all: Kafka gives its one partition to one of them, and to another when that has gone. */
export class KafkaDuty {
  private readonly reader: GroupReader;
  private held: AbortController | undefined;
  private working: Promise<void> = Promise.resolve();
  private again: Timer | undefined;

  constructor(private readonly options: DutyOptions) {
    const { connection, name } = options;
    this.reader = new GroupReader({
      connection,
      groupId: connection.names.dutyGroup(name),
      topics: [connection.names.duties],
      onAssigned: (partitions) => (partitions.length > 0 ? this.take() : this.release()),
      onBatch: () => Promise.resolve(),
    });
  }

  start(): void {
    this.reader.start();
  }

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** Remembers how far the duty has come, for whoever has it next; refused when that is another process already. */
  remember(progress: string): Promise<void> {
    const { duties } = this.options.connection.names;
    return this.reader.commit([{ topic: duties, partition: 0, offset: 0n, metadata: progress }]);
  }

  /** Ends the work, then leaves the group. */
  async stop(): Promise<void> {
    this.release();
    await this.working;
    await this.reader.stop();
  }

  private take(): void {
    if (this.held !== undefined) return;
    const held = new AbortController();
    this.held = held;
    this.working = this.working.then(() => this.work(held));
  }

  private release(): void {
    this.held?.abort();
    this.held = undefined;
    this.again?.cancel();
  }

  private async work(held: AbortController): Promise<void> {
    if (held.signal.aborted) return;
    try {
      await this.options.work(held.signal);
    } catch (error) {
      this.options.connection.onError(error);
    }
    if (held.signal.aborted) return;
    this.again = systemTimers.after(AGAIN_AFTER_MS, () => (this.working = this.working.then(() => this.work(held))));
  }
}

/** What the holder of a duty has remembered last; any process may ask. */
export async function dutyProgress(connection: KafkaConnection, name: string): Promise<string | undefined> {
  const { duties } = connection.names;
  const [topic] = await connection.admin('say how far a duty has come', (admin) =>
    admin.fetchOffsets({ groupId: connection.names.dutyGroup(name), topics: [duties] }),
  );
  return topic?.partitions[0]?.metadata ?? undefined;
}
