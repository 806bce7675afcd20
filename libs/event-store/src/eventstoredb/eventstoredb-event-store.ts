import type { AppendResult } from '@eventstore/db-client';
import type { StreamName } from '@millrace/contracts';
import { isOperational, systemTimers, type OperationalError, type Timers } from '@millrace/runtime';
import { encodeAppend, type EncodedEvent } from '../encoding.js';
import {
  NEW_STREAM,
  StreamConflict,
  isStreamConflict,
  type Appended,
  type EventBatch,
  type EventStore,
  type Head,
  type LogHead,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamSlice,
  type SubscribeOptions,
} from '../event-store.js';
import { Connection } from './connection.js';
import { isWrongExpectedVersion, misplaced, refusalOf, storeClosed, unavailable } from './failures.js';
import { KnownHeads } from './known-heads.js';
import { logIdOf } from './log-id.js';
import { LogReads } from './log-reads.js';
import { toStored } from './stored-event.js';
import { EventStoreDbSubscription, type SubscriptionSource } from './subscription.js';

export interface EventStoreDbOptions {
  /** `esdb://user:password@host:2113?tls=true`, as EventStoreDB documents it: hosts, TLS, certificates, credentials, keep-alive. */
  readonly connectionString: string;
  /** Bound of every single call, in milliseconds; default 5,000. An append may take twice that, since a lost answer is looked for. */
  readonly timeoutMs?: number;
  /** After so long without a sign, a subscription looks for itself how far the log is; milliseconds, default 1,000. */
  readonly quietMs?: number;
  /** Told each time that a subscription has lost the engine; it goes on by itself. For logs. */
  readonly onUnavailable?: (error: OperationalError) => void;
  readonly timers?: Timers;
}

const TIMEOUT_MS = 5_000;
const QUIET_MS = 1_000;

/**
 * The log in EventStoreDB. Any number of processes may append and read.
 *
 * The server must be Millrace's own: a foreign event in a stream of our categories stops its readers (`STORE_NOT_OURS`).
 */
export class EventStoreDbEventStore implements EventStore {
  private readonly reads: LogReads;
  private readonly heads = new KnownHeads();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly subscriptions = new Set<EventStoreDbSubscription>();
  private readonly source: SubscriptionSource;
  private closing: Promise<void> | undefined;

  /**
   * Connects, and creates the log if there is none.
   *
   * @throws OperationalError `STORE_UNAVAILABLE` (retryable), `STORE_ADDRESS`, `STORE_ACCESS_DENIED`.
   */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const { connectionString, timeoutMs = TIMEOUT_MS, timers = systemTimers } = options;
    const connection = await Connection.open({ connectionString, timeoutMs, timers });
    try {
      return new EventStoreDbEventStore(await logIdOf(connection), connection, options);
    } catch (error) {
      await connection.close();
      throw isOperational(error) ? error : (refusalOf(error) ?? unavailable(error));
    }
  }

  private constructor(
    readonly logId: string,
    private readonly connection: Connection,
    options: EventStoreDbOptions,
  ) {
    this.reads = new LogReads(connection);
    this.source = {
      connection,
      reads: this.reads,
      timers: options.timers ?? systemTimers,
      quietMs: options.quietMs ?? QUIET_MS,
      onUnavailable: options.onUnavailable ?? (() => undefined),
      ended: (subscription) => this.subscriptions.delete(subscription),
    };
  }

  async append(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended> {
    this.assertOpen();
    const appending = this.appendEncoded(stream, head, encodeAppend(stream, head, events).events);
    this.underWay.add(appending);
    try {
      const appended = await appending;
      this.heads.remember(stream, appended.head);
      return appended;
    } finally {
      this.underWay.delete(appending);
    }
  }

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    this.assertOpen();
    const slice = await this.reads.readStream(stream, options);
    if (slice.head.revision >= 0) this.heads.remember(stream, slice.head);
    return slice;
  }

  async readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    this.assertOpen();
    return this.reads.readAll(options);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch> {
    this.assertOpen();
    const subscription = new EventStoreDbSubscription(this.source, options);
    this.subscriptions.add(subscription);
    return subscription;
  }

  async head(): Promise<LogHead> {
    this.assertOpen();
    return this.reads.head();
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  /** The engine compares revisions, not histories: whether the head's hash is that of the stream is ours to see. */
  private async appendEncoded(stream: StreamName, head: Head, events: readonly EncodedEvent[]): Promise<Appended> {
    const isNew = head.revision === NEW_STREAM.revision && head.hash === NEW_STREAM.hash;
    const found = isNew || this.heads.holds(stream, head) ? undefined : await this.find(stream, head, events);
    if (found !== undefined) return found;
    let result: AppendResult;
    try {
      result = await this.send(stream, head, events);
    } catch (error) {
      return this.afterFailure(error, stream, head, events);
    }
    const reached = headOf(events);
    if (Number(result.nextExpectedRevision) !== reached.revision)
      throw misplaced(stream, reached.revision, result.nextExpectedRevision);
    if (result.position !== undefined) return { head: reached, position: result.position.commit };
    return (await this.find(stream, head, events)) ?? Promise.reject(unavailable(undefined, true));
  }

  private async send(stream: StreamName, head: Head, events: readonly EncodedEvent[]): Promise<AppendResult> {
    const expectedRevision = head.revision < 0 ? 'no_stream' : BigInt(head.revision);
    const result = await this.connection.call((client, deadline) =>
      client.appendToStream(stream, events.map(toStored), { expectedRevision, deadline, requiresLeader: true }),
    );
    // A connection string may ask for this instead of an error.
    if (!result.success) throw Object.assign(new Error('wrong expected version'), { type: 'wrong-expected-version' });
    return result;
  }

  /** A conflict, a refusal, or an outcome that is looked for where it would stand. */
  private async afterFailure(
    error: unknown,
    stream: StreamName,
    head: Head,
    events: readonly EncodedEvent[],
  ): Promise<Appended> {
    const refusal = refusalOf(error);
    if (refusal !== undefined) throw refusal;
    // A failure to look is a failure to know: also of a conflict, which an earlier, lost append of the same events may be.
    const found = await this.find(stream, head, events).catch((failure: unknown) => {
      if (isStreamConflict(failure)) throw failure;
      throw unavailable(failure, true);
    });
    if (found !== undefined) return found;
    if (!isWrongExpectedVersion(error)) throw unavailable(error, true);
    throw new StreamConflict(stream, head.revision, Number((error as { actualVersion?: bigint }).actualVersion ?? -1));
  }

  /**
   * What stands behind the head: these very events, by their ids, which is the answer of the first time; or nothing, and the append may
   * still come to happen.
   *
   * @throws StreamConflict when something else stands there: then it can't happen any more.
   */
  private async find(stream: StreamName, head: Head, events: readonly EncodedEvent[]): Promise<Appended | undefined> {
    const slice = await this.reads.readStream(stream, { from: head.revision + 1, limit: events.length });
    const last = slice.events.at(-1);
    if (last !== undefined && isRepeat(slice.events, events))
      return { head: { revision: last.revision, hash: last.hash }, position: last.position };
    if (slice.head.revision === head.revision && slice.head.hash === head.hash) return undefined;
    throw new StreamConflict(stream, head.revision, slice.head.revision);
  }

  private assertOpen(): void {
    if (this.closing !== undefined) throw storeClosed();
  }

  private async closeOnce(): Promise<void> {
    // In a microtask: what was appended before this call is among what is under way.
    await Promise.resolve();
    for (const subscription of [...this.subscriptions]) subscription.end();
    await Promise.allSettled(this.underWay);
    await this.connection.close();
  }
}

function headOf(events: readonly EncodedEvent[]): Head {
  const last = events.at(-1);
  return last === undefined ? NEW_STREAM : { revision: last.metadata.revision, hash: last.hash };
}

function isRepeat(stored: readonly RecordedEvent[], events: readonly EncodedEvent[]): boolean {
  return (
    stored.length === events.length && stored.every(({ metadata }, index) => metadata.id === events[index]?.metadata.id)
  );
}
