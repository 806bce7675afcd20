import type {
  Appended,
  EventBatch,
  EventStore,
  LogHead,
  LogReader,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  StreamSlice,
  SubscribeOptions,
} from '@millrace/event-store';
import type { StreamName } from '@millrace/contracts';

/** A log that ends at a position and stays so: what a view had seen when it was copied. */
export class BoundedLog implements EventStore {
  constructor(
    private readonly reader: LogReader,
    private readonly end: Position,
  ) {}

  get logId(): string {
    return this.reader.logId;
  }

  append(): Promise<Appended> {
    return Promise.reject(new Error('This log is only read.'));
  }

  readStream(stream: StreamName, options?: ReadStreamOptions): Promise<StreamSlice> {
    return this.reader.readStream(stream, options);
  }

  async readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    const { events, checkpoint, caughtUp } = await this.reader.readAll(options);
    if (checkpoint < this.end) return { events, checkpoint, caughtUp };
    return { events: events.filter(({ position }) => position <= this.end), checkpoint: this.end, caughtUp: true };
  }

  /** Ends where the log ends. */
  async *subscribe({ after, batchMax, signal }: SubscribeOptions): AsyncIterable<EventBatch> {
    for (let checkpoint = after; checkpoint < this.end && !signal.aborted;) {
      const batch = await this.readAll({ after: checkpoint, ...(batchMax === undefined ? {} : { limit: batchMax }) });
      // Nothing behind it although the log was said to be longer: its tail is gone.
      if (batch.checkpoint <= checkpoint) return;
      checkpoint = batch.checkpoint;
      yield batch;
    }
  }

  async head(): Promise<LogHead> {
    const head = await this.reader.head();
    if (head.position <= this.end) return head;
    const { events } = await this.reader.readAll({ after: this.end - 1n, limit: 1 });
    return { position: this.end, hash: events[0]?.hash ?? head.hash };
  }

  /** The reader is somebody else's. */
  async close(): Promise<void> {}
}
