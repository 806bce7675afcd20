import { CATEGORIES, type StreamName } from '@millrace/contracts';
import {
  isStreamConflict,
  NEW_STREAM,
  StreamConflict,
  type Appended,
  type EventStore,
  type Head,
  type NewEvent,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamSlice,
} from '@millrace/event-store';

/** A read or an append that was asked for and has not happened yet. */
export interface PendingStep {
  /** Who asked. */
  readonly process: number;
  readonly kind: 'read' | 'append';
  readonly what: string;
  /** Does it, and answers. */
  run(): void;
}

const LIMIT = 1_000;

/**
 * A log in memory, shared by simulated processes. Nothing happens by itself: each read and each append waits until it is run, so that
 * anything can come between two of them.
 */
export class SimulatedLog {
  readonly pending: PendingStep[] = [];
  private readonly streams = new Map<StreamName, RecordedEvent[]>();
  private readonly dead = new Set<number>();
  private position = 0n;

  /** @param appended - called after each append, before it is answered. */
  constructor(private readonly appended: (events: readonly RecordedEvent[]) => void) {}

  /** The store as one process sees it. */
  storeOf(process: number): EventStore {
    const unused = (): never => {
      throw new Error('The simulation does not read the log like this.');
    };
    return {
      logId: 'simulated',
      append: (stream, head, events) =>
        this.later({ process, kind: 'append', what: `${events.map(({ type }) => type).join('+')} to ${stream}` }, () =>
          this.append(stream, head, events),
        ),
      readStream: (stream, options) =>
        this.later({ process, kind: 'read', what: stream }, () => this.read(stream, options)),
      readAll: unused,
      subscribe: unused,
      head: unused,
      close: () => Promise.resolve(),
    };
  }

  /** What a process that dies has asked for is never answered; an append may have arrived all the same. */
  kill(process: number, arrives: () => boolean): void {
    this.dead.add(process);
    for (const step of this.pending.filter((each) => each.process === process)) {
      this.pending.splice(this.pending.indexOf(step), 1);
      if (step.kind === 'append' && arrives()) step.run();
    }
  }

  head(stream: StreamName): Head {
    const last = this.streams.get(stream)?.at(-1);
    return last === undefined ? NEW_STREAM : { revision: last.revision, hash: last.hash };
  }

  /** At once: for facts of contexts that are not simulated. */
  append(stream: StreamName, head: Head, events: readonly NewEvent[]): Appended {
    const known = this.streams.get(stream) ?? [];
    const there = known.slice(head.revision + 1, head.revision + 1 + events.length);
    const isRepeat =
      there.length === events.length && events.every(({ metadata }, at) => metadata.id === there[at]?.metadata.id);
    if (!isRepeat && head.revision !== known.length - 1)
      throw new StreamConflict(stream, head.revision, known.length - 1);
    const recorded = isRepeat ? there : events.map((event, at) => this.record(stream, known.length + at, event));
    const last = recorded.at(-1);
    if (last === undefined) throw new RangeError('An append holds at least one event.');
    if (!isRepeat) {
      this.streams.set(stream, [...known, ...recorded]);
      this.appended(recorded);
    }
    return { head: { revision: last.revision, hash: last.hash }, position: last.position };
  }

  private later<T>(asked: Omit<PendingStep, 'run'>, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      // Whoever is dead asks for nothing more, whatever its promises still do.
      if (this.dead.has(asked.process)) return;
      const run = (): void => {
        try {
          resolve(work());
        } catch (error) {
          // A broken law is for the whole run, not for whoever asked.
          if (!isStreamConflict(error)) throw error;
          reject(error);
        }
      };
      this.pending.push({ ...asked, run });
    });
  }

  private record(stream: StreamName, revision: number, { type, version, data, metadata }: NewEvent): RecordedEvent {
    const category = CATEGORIES.find((each) => stream.startsWith(`${each}-`));
    if (category === undefined) throw new RangeError(`${stream} has no category.`);
    this.position += 1n;
    return {
      type,
      version,
      stream,
      category,
      revision,
      position: this.position,
      data: JSON.parse(JSON.stringify(data)) as typeof data,
      metadata: { ...metadata, type, version, stream, revision },
      hash: `${stream}@${revision}`,
    };
  }

  private read(stream: StreamName, { from, limit = LIMIT, direction }: ReadStreamOptions = {}): StreamSlice {
    const known = this.streams.get(stream) ?? [];
    const head = this.head(stream);
    if (direction === 'backwards') {
      const last = from ?? known.length - 1;
      return { events: known.slice(Math.max(last + 1 - limit, 0), last + 1).reverse(), head };
    }
    const first = from ?? 0;
    return { events: known.slice(first, first + limit), head };
  }
}
