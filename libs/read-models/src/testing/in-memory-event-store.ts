import type { Category, StreamName } from '@millrace/contracts';
import { NEW_STREAM, StreamConflict, encodeEvent } from '@millrace/event-store';
import type {
  Appended,
  EventBatch,
  EventStore,
  Head,
  LogHead,
  NewEvent,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamSlice,
  SubscribeOptions,
} from '@millrace/event-store';

/** The log as the projector needs it: order, pages, subscriptions. Not durable. Positions have gaps, as the port allows. */
export class InMemoryEventStore implements EventStore {
  readonly logId = '00000000-0000-4000-8000-000000000001';
  private readonly log: RecordedEvent[] = [];
  private readonly heads = new Map<string, Head>();
  private readonly streams = new Map<string, RecordedEvent[]>();
  private wake: (() => void)[] = [];

  constructor(private readonly gap: bigint = 1n) {}

  async append(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended> {
    let last = this.heads.get(stream) ?? NEW_STREAM;
    if (last.revision !== head.revision) throw new StreamConflict(stream, head.revision, last.revision);
    for (const event of events) {
      const revision = last.revision + 1;
      const { metadata, hash } = encodeEvent(event, stream, revision, last.hash);
      const category = stream.slice(0, stream.indexOf('-')) as Category;
      const position = this.last() + this.gap;
      const { type, version, data } = event;
      const recorded = { type, version, stream, category, revision, position, data, metadata, hash };
      this.log.push(recorded);
      this.streams.set(stream, [...(this.streams.get(stream) ?? []), recorded]);
      last = { revision, hash };
    }
    this.heads.set(stream, last);
    const waiting = this.wake;
    this.wake = [];
    for (const wake of waiting) wake();
    return { head: last, position: this.last() };
  }

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    const from = options.from ?? 0;
    const events = this.streams.get(stream)?.slice(from, from + (options.limit ?? 1_000)) ?? [];
    return { events, head: this.heads.get(stream) ?? NEW_STREAM };
  }

  async readAll({ after = 0n, limit = 1_000, categories }: ReadAllOptions = {}): Promise<EventBatch> {
    const from = this.firstAfter(after);
    const read = this.log.slice(from, from + limit);
    const events = read.filter((event) => categories?.includes(event.category) ?? true);
    return { events, checkpoint: read.at(-1)?.position ?? after, caughtUp: from + read.length >= this.log.length };
  }

  async *subscribe({ after, categories, batchMax = 500, signal }: SubscribeOptions): AsyncIterable<EventBatch> {
    let checkpoint = after;
    while (!signal.aborted) {
      const batch = await this.readAll({ after: checkpoint, limit: batchMax, ...(categories && { categories }) });
      if (batch.checkpoint > checkpoint) {
        checkpoint = batch.checkpoint;
        yield batch;
      } else if (this.last() <= checkpoint) await this.appended(signal);
    }
  }

  async head(): Promise<LogHead> {
    const last = this.log.at(-1);
    return last === undefined ? { position: 0n, hash: NEW_STREAM.hash } : { position: last.position, hash: last.hash };
  }

  async close(): Promise<void> {}

  private last(): Position {
    return this.log.at(-1)?.position ?? 0n;
  }

  private firstAfter(position: Position): number {
    let [low, high] = [0, this.log.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.log[middle]?.position ?? 0n) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private appended(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.wake.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
