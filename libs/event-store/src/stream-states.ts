import { isOperational, OperationalError } from '@millrace/runtime';
import type { Decider } from '@millrace/decider';
import type { EventTypes, Fact, StreamName } from '@millrace/contracts';
import {
  NEW_STREAM,
  READ_LIMIT_DEFAULT,
  type EventStore,
  type Head,
  type Position,
  type RecordedEvent,
} from './event-store.js';
import type { Snapshots } from './snapshots.js';

const CACHED_STREAMS_MAX = 5_000;
const EVENTS_A_SNAPSHOT = 500;

/** A command's first result: where its last event stands. */
interface FirstResult {
  readonly revision: number;
  readonly position: Position;
}

/** A stream as far as it has been folded. */
export interface StreamState<S> {
  readonly head: Head;
  readonly state: S;
  /** Ids that are answered with their first result, oldest first; belongs to the newest of the stream's states. */
  readonly commands: Map<string, FirstResult>;
  /** Revision of the newest snapshot, -1 for none; belongs to the newest state, too. */
  readonly snapshot: { revision: number };
}

export interface StreamStatesOptions<S, E extends Fact> {
  readonly store: EventStore;
  readonly decider: Pick<Decider<never, S, E, string>, 'name' | 'version' | 'initial' | 'evolve'>;
  readonly types: Pick<EventTypes<E['type']>, 'decode'>;
  readonly commandIdsMax?: number;
  readonly snapshots?: Snapshots;
  readonly cachedStreamsMax?: number;
}

/** The states of a decider's streams: in memory, or from a snapshot and what follows it, or from the first event. */
export class StreamStates<S, E extends Fact> {
  private readonly cache = new Map<StreamName, StreamState<S>>();
  private readonly saving = new Set<StreamName>();

  constructor(private readonly options: StreamStatesOptions<S, E>) {}

  cached(stream: StreamName): StreamState<S> | undefined {
    const found = this.cache.get(stream);
    if (found !== undefined) this.remember(stream, found);
    return found;
  }

  forget(stream: StreamName): void {
    this.cache.delete(stream);
  }

  async load(stream: StreamName): Promise<StreamState<S>> {
    return this.catchUp(stream, (await this.fromSnapshot(stream)) ?? this.fromNothing());
  }

  /** Folds what stands after a state. */
  async catchUp(stream: StreamName, from: StreamState<S>): Promise<StreamState<S>> {
    let current = from;
    for (;;) {
      const slice = await this.options.store.readStream(stream, {
        from: current.head.revision + 1,
        limit: READ_LIMIT_DEFAULT,
      });
      current = this.fold(stream, current, slice.events);
      if (slice.events.length === 0 || current.head.revision >= slice.head.revision) break;
    }
    this.remember(stream, current);
    this.saveIfDue(stream, current);
    return current;
  }

  /** Folds what was just appended to a state; the facts are taken as they were decided. */
  advance(
    stream: StreamName,
    from: StreamState<S>,
    appended: {
      readonly head: Head;
      readonly position: Position;
      readonly events: readonly E[];
      readonly commandId: string;
    },
  ): void {
    const { head, position, events, commandId } = appended;
    const state = events.reduce(this.options.decider.evolve, from.state);
    this.know(from.commands, commandId, { revision: head.revision, position });
    const next = { ...from, head, state };
    this.remember(stream, next);
    this.saveIfDue(stream, next);
  }

  /** A command's events, by the revision of the last one. */
  async eventsOf(stream: StreamName, commandId: string, lastRevision: number): Promise<readonly E[]> {
    const events: E[] = [];
    for (let from = lastRevision; from >= 0;) {
      const slice = await this.options.store.readStream(stream, { from, direction: 'backwards', limit: 20 });
      const own = slice.events.slice(
        0,
        countWhile(slice.events, (event) => event.metadata.commandId === commandId),
      );
      events.push(...own.map((event) => this.decode(stream, event)));
      if (own.length === 0 || own.length < slice.events.length) break;
      from -= own.length;
    }
    return events.reverse();
  }

  private fromNothing(): StreamState<S> {
    return { head: NEW_STREAM, state: this.options.decider.initial, commands: new Map(), snapshot: { revision: -1 } };
  }

  private async fromSnapshot(stream: StreamName): Promise<StreamState<S> | undefined> {
    const { snapshots, decider, store } = this.options;
    const snapshot = await snapshots?.load(stream, { name: decider.name, version: decider.version });
    if (snapshot === undefined) return undefined;
    // A snapshot of a tail that was lost, or of another log, is no state of this stream.
    const { revision, hash } = snapshot.head;
    const [event] = (await store.readStream(stream, { from: revision, limit: 1 })).events;
    if (event?.hash !== hash) return undefined;
    const commands = new Map(
      snapshot.commands.map(({ id, revision: at, position }) => [id, { revision: at, position: BigInt(position) }]),
    );
    return { head: snapshot.head, state: snapshot.state as S, commands, snapshot: { revision } };
  }

  private fold(stream: StreamName, from: StreamState<S>, events: readonly RecordedEvent[]): StreamState<S> {
    const { evolve } = this.options.decider;
    let { head, state } = from;
    for (const event of events) {
      state = evolve(state, this.decode(stream, event));
      head = { revision: event.revision, hash: event.hash };
      this.know(from.commands, event.metadata.commandId, { revision: event.revision, position: event.position });
    }
    return { ...from, head, state };
  }

  private decode(stream: StreamName, event: RecordedEvent): E {
    try {
      return this.options.types.decode<E>(event);
    } catch (cause) {
      if (isOperational(cause) || !Error.isError(cause) || cause.name !== 'RangeError') throw cause;
      throw new OperationalError(`Stream ${stream} can't be read by this release: ${cause.message}`, {
        retryable: false,
        code: 'UNKNOWN_EVENT',
        cause,
      });
    }
  }

  private know(commands: Map<string, FirstResult>, commandId: string, result: FirstResult): void {
    commands.set(commandId, result);
    if (commands.size <= (this.options.commandIdsMax ?? Infinity)) return;
    const oldest = commands.keys().next();
    if (oldest.done !== true) commands.delete(oldest.value);
  }

  private remember(stream: StreamName, state: StreamState<S>): void {
    this.cache.delete(stream);
    this.cache.set(stream, state);
    if (this.cache.size <= (this.options.cachedStreamsMax ?? CACHED_STREAMS_MAX)) return;
    const oldest = this.cache.keys().next();
    if (oldest.done !== true) this.cache.delete(oldest.value);
  }

  /** Beside the answer, not before it: a snapshot that is not saved costs only time. */
  private saveIfDue(stream: StreamName, current: StreamState<S>): void {
    const { snapshots, decider } = this.options;
    if (snapshots === undefined || this.saving.has(stream)) return;
    if (current.head.revision - current.snapshot.revision < EVENTS_A_SNAPSHOT) return;
    const { head, state } = current;
    const commands = [...current.commands].map(([id, { revision, position }]) => ({
      id,
      revision,
      position: String(position),
    }));
    this.saving.add(stream);
    const saved = snapshots.save(stream, { name: decider.name, version: decider.version }, { head, state, commands });
    const settle = (): void => {
      // Also after a failure, so that the next try comes after as many events again.
      current.snapshot.revision = head.revision;
      this.saving.delete(stream);
    };
    saved.then(settle, settle);
  }
}

function countWhile<T>(values: readonly T[], holds: (value: T) => boolean): number {
  const end = values.findIndex((value) => !holds(value));
  return end === -1 ? values.length : end;
}
