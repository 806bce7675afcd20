import { mkdirSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@millrace/contracts';
import { systemTimers, type OperationalError, type Timer, type Timers } from '@millrace/runtime';
import { encodeAppend } from '../encoding.js';
import {
  isStreamConflict,
  type Appended,
  type EventBatch,
  type EventStore,
  type Head,
  type LogHead,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StreamSlice,
  type SubscribeOptions,
} from '../event-store.js';
import { writeFileAtomically, writeFileAtomicallyAsync } from './atomic-file.js';
import { Ballast } from './ballast.js';
import { Checkpoints } from './checkpoints.js';
import { lockDirectory, type DirectoryLock } from './directory-lock.js';
import { settleFormat } from './format.js';
import { GroupWriter, type AppendRequest, type GroupOutcome } from './group-writer.js';
import { inspectLog, keepDamagedWal } from './inspect-log.js';
import { openLogDatabase, readLogId, writeLogId } from './log-database.js';
import { LogQueries, readAllOf } from './log-queries.js';
import { LogSubscription, type LogSource } from './log-subscription.js';
import { LogSync } from './log-sync.js';
import { RecentEvents } from './recent-events.js';
import { SharedHead } from './shared-head.js';
import { isFull, storeClosed, storeFailed, storeFull } from './sqlite-failure.js';
import { HEAD_FILE, headFileText, logDamaged, type Witness } from './witnesses.js';

export interface SqliteEventStoreOptions {
  /** Created if it is not there. One process at a time owns it. */
  readonly directory: string;
  /** Further witnesses beside `head.json`, e.g. the views' checkpoints (docs/decisions/0008). */
  readonly witnesses?: readonly Witness[];
  /** Goes on with a log that has lost events; see {@link SqliteEventStore.losses}. */
  readonly acceptLoss?: boolean;
  /** Called once when a write has failed in a way that leaves the disk's content unknown: the process must stop and start anew. */
  readonly onFatal?: (error: OperationalError) => void;
  /** Room that is kept for the day the disk is full; default 8 MiB. */
  readonly ballastBytes?: number;
  /** Pages of 4 KiB the log may have; default SQLite's own limit. */
  readonly maxPageCount?: number;
  /** How often `head.json` follows the log; default 5,000. */
  readonly witnessEveryMs?: number;
  readonly timers?: Timers;
}

const BALLAST_BYTES = 8 * 1024 * 1024;
const WITNESS_EVERY_MS = 5_000;
/** Appends and bytes of one transaction: more would hold up the event loop, and leave it nothing to do during the sync. */
const GROUP_APPENDS_MAX = 24;
const GROUP_BYTES_MAX = 4_000_000;
/** A transaction of so few has the event loop for itself: a sync within it takes less than one beside it. */
const QUIET_GROUP = 2;
/** Kept as objects for live readers. */
const RECENT = { eventsMax: 4_096, bytesMax: 8_000_000 };
/** How often a full disk is looked at again. */
const FULL_RETRY_MS = 100;

interface WrittenGroup extends GroupOutcome {
  readonly group: readonly PendingAppend[];
}

interface PendingAppend extends AppendRequest {
  readonly bytes: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The event log in one SQLite file. Appends that arrive together share one transaction, and so one fsync, which the event loop does
 * not wait for: what arrives meanwhile makes the next transaction (docs/decisions/0045).
 */
export class SqliteEventStore implements EventStore {
  /** What witnesses have seen and this log does not hold, when the start accepted it: to be recorded as an event. */
  readonly losses: readonly string[];
  readonly logId: string;

  private readonly queries: LogQueries;
  private readonly writer: GroupWriter;
  private readonly sync: LogSync;
  private readonly checkpoints: Checkpoints;
  private readonly recent: RecentEvents;
  private readonly ballast: Ballast;
  private readonly source: LogSource;
  private readonly timers: Timers;
  private readonly wakeUps = new Set<() => void>();
  private readonly followers: { readonly head: SharedHead; readonly wake: () => void }[] = [];

  private queue: PendingAppend[] = [];
  private flushing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private failure: OperationalError | undefined;
  /** Since when the store is full, as `performance.now()` of the last look. */
  private fullAt: number | undefined;
  private lastHash: string;
  /** Position of the last event that is committed; what stands behind `recent.lastPosition` may not be on the disk yet. */
  private written: number;
  private witnessed: bigint | undefined;
  private witnessing: Promise<void> = Promise.resolve();
  private witnessTimer: Timer | undefined;

  /**
   * @throws OperationalError `DATA_IN_USE`, `DATA_TOO_NEW`, `LOG_DAMAGED`.
   */
  static async open(options: SqliteEventStoreOptions): Promise<SqliteEventStore> {
    const directory = resolvePath(options.directory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = lockDirectory(directory);
    try {
      settleFormat(directory);
      const losses = inspectLog(directory, options.witnesses ?? []);
      if (losses.length > 0 && options.acceptLoss !== true) throw logDamaged(directory, losses);
      if (losses.length > 0) keepDamagedWal(directory);
      const database = openLogDatabase(directory, options.maxPageCount);
      try {
        if (losses.length > 0) becomeAnotherLog(directory, database);
        return new SqliteEventStore({ ...options, directory }, database, lock, losses);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(
    private readonly options: SqliteEventStoreOptions,
    private readonly database: DatabaseSync,
    private readonly lock: DirectoryLock,
    losses: readonly string[],
  ) {
    this.losses = losses;
    this.logId = readLogId(database);
    this.queries = new LogQueries(database);
    this.writer = new GroupWriter(database, this.queries);
    this.sync = new LogSync(options.directory, database);
    this.checkpoints = new Checkpoints(options.directory, database, (error) => this.reasonOf(error));
    const head = this.queries.head();
    this.lastHash = head.hash;
    this.written = Number(head.position);
    this.recent = new RecentEvents(Number(head.position), RECENT);
    this.ballast = new Ballast(options.directory, options.ballastBytes ?? BALLAST_BYTES);
    this.ballast.restore();
    this.timers = options.timers ?? systemTimers;
    this.source = {
      queries: this.queries,
      recent: this.recent,
      wakeUps: this.wakeUps,
      closed: () => this.closing !== undefined,
    };
    this.armWitness();
  }

  append(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const refusal = this.closing === undefined ? this.failure : storeClosed();
      if (refusal !== undefined) throw refusal;
      const encoded = encodeAppend(stream, head, events);
      this.queue.push({ stream, head, events: encoded.events, bytes: encoded.bytes, resolve, reject });
      this.scheduleFlush();
    });
  }

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    this.assertOpen();
    const last = this.recent.lastPosition;
    const slice = this.queries.readStream(stream, options, last, this.writer.knownHead(stream, last));
    if (slice.head.revision < 0) this.writer.knowAbsent(stream);
    return slice;
  }

  async readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    const lastPosition = (): number => {
      this.assertOpen();
      return this.recent.lastPosition;
    };
    return readAllOf({ queries: this.queries, lastPosition }, options);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch> {
    this.assertOpen();
    return new LogSubscription(this.source, options);
  }

  async head(): Promise<LogHead> {
    this.assertOpen();
    return this.currentHead();
  }

  /** Of the last event that is durable. */
  get lastPosition(): Position {
    return BigInt(this.recent.lastPosition);
  }

  /**
   * For a {@link SqliteLogFollower} in another thread.
   *
   * @param wake - has the follower's `wake` called there, some time soon.
   * @returns what the follower is opened with.
   */
  follow(wake: () => void): SharedArrayBuffer {
    const head = new SharedHead();
    head.advance(BigInt(this.recent.lastPosition));
    this.followers.push({ head, wake });
    return head.memory;
  }

  /** Pages of 4 KiB the log may have from now on: a quota that an operator can raise while it runs. */
  limitPages(maxPageCount: number): void {
    this.database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPageCount)}`);
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private scheduleFlush(): void {
    this.flushing ??= this.flushAll();
  }

  private async flushAll(): Promise<void> {
    // At the end of this turn of the loop: what else arrives in it shares the fsync.
    await nextTurn();
    let durable: WrittenGroup | undefined;
    while (this.queue.length > 0) {
      const group = this.takeGroup();
      const synced = this.synced(this.write(group));
      // While the disk is at work, those of the group before it go on: else all would wait for the disk together, and it for them.
      if (durable !== undefined) this.tell(durable);
      durable = await synced;
      if (this.queue.length > 0 && group.length > QUIET_GROUP) continue;
      if (durable !== undefined) this.tell(durable);
      durable = undefined;
      await nextTurn();
    }
    // In the same step as the look at the queue: an append in between would find nobody to write it.
    this.flushing = undefined;
  }

  /** Undefined when it was refused, and its callers were told so. */
  private write(group: readonly PendingAppend[]): WrittenGroup | undefined {
    try {
      this.assertWritable();
      const outcome = this.writer.write(group, this.written);
      this.written += outcome.recorded.length;
      return { group, ...outcome };
    } catch (error) {
      this.refuse(group, error);
      return undefined;
    }
  }

  private async synced(written: WrittenGroup | undefined): Promise<WrittenGroup | undefined> {
    if (written === undefined || written.recorded.length === 0) return written;
    try {
      await this.sync.run({ here: written.group.length <= QUIET_GROUP });
      return written;
    } catch (error) {
      this.refuse(written.group, error);
      return undefined;
    }
  }

  private refuse(group: readonly PendingAppend[], error: unknown): void {
    const reason = this.reasonOf(error);
    for (const { reject } of group) reject(reason);
  }

  private takeGroup(): readonly PendingAppend[] {
    let bytes = 0;
    let size = 0;
    while (size < this.queue.length && size < GROUP_APPENDS_MAX && bytes < GROUP_BYTES_MAX) {
      bytes += this.queue[size]?.bytes ?? 0;
      size += 1;
    }
    if (size === this.queue.length) {
      const all = this.queue;
      this.queue = [];
      return all;
    }
    return this.queue.splice(0, size);
  }

  /** Its events are on the disk: its writers and the readers hear of them. */
  private tell({ group, answers, recorded }: WrittenGroup): void {
    let bytes = 0;
    for (const request of group) bytes += request.bytes;
    for (const event of recorded) this.recent.add(event, Math.ceil(bytes / recorded.length));
    this.lastHash = recorded.at(-1)?.hash ?? this.lastHash;
    for (const [index, request] of group.entries()) {
      const answer = answers[index];
      if (answer === undefined || isStreamConflict(answer)) request.reject(answer);
      else request.resolve(answer);
    }
    if (recorded.length === 0) return;
    this.checkpoints.committed(bytes);
    this.wakeReaders();
  }

  private wakeReaders(): void {
    const waiting = [...this.wakeUps];
    this.wakeUps.clear();
    for (const wake of waiting) wake();
    for (const { head, wake } of this.followers) if (head.advance(BigInt(this.recent.lastPosition))) wake();
  }

  /** Room is looked for at most ten times a second; in between a full store refuses without touching the disk. */
  private assertWritable(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.fullAt === undefined) return;
    const now = performance.now();
    if (now - this.fullAt < FULL_RETRY_MS) throw storeFull();
    this.fullAt = now;
    if (!this.ballast.hasRoom()) throw storeFull();
    this.ballast.restore();
    this.fullAt = undefined;
  }

  /** What the callers are told; remembers what follows from it. */
  private reasonOf(error: unknown): unknown {
    if (error === this.failure || (error as { code?: unknown }).code === 'STORE_FULL') return error;
    if (isFull(error)) {
      this.becomeFull();
      return storeFull(error);
    }
    return this.fail(error);
  }

  private becomeFull(): void {
    if (this.fullAt !== undefined) return;
    this.fullAt = performance.now();
    this.ballast.giveUp();
    // Makes the write-ahead log reusable, in the room that was just given up.
    try {
      this.checkpoints.run();
    } catch (error) {
      if (!isFull(error)) this.fail(error);
    }
  }

  private fail(cause: unknown): OperationalError {
    if (this.failure !== undefined) return this.failure;
    this.failure = storeFailed(cause);
    this.options.onFatal?.(this.failure);
    return this.failure;
  }

  private assertOpen(): void {
    if (this.closing !== undefined) throw storeClosed();
  }

  private currentHead(): LogHead {
    return { position: BigInt(this.recent.lastPosition), hash: this.lastHash };
  }

  private armWitness(): void {
    this.witnessTimer = this.timers.after(this.options.witnessEveryMs ?? WITNESS_EVERY_MS, () => {
      this.witnessing = this.writeWitness().finally(() => {
        if (this.closing === undefined) this.armWitness();
      });
    });
  }

  private async writeWitness(): Promise<void> {
    const head = this.currentHead();
    if (head.position === this.witnessed) return;
    try {
      await writeFileAtomicallyAsync(join(this.options.directory, HEAD_FILE), headFileText(this.logId, head));
      this.witnessed = head.position;
    } catch {
      // An older witness is a weaker one, no wrong one; the next turn tries again.
    }
  }

  private async closeOnce(): Promise<void> {
    await Promise.resolve();
    this.witnessTimer?.cancel();
    await this.witnessing;
    while (this.flushing !== undefined) await this.flushing;
    this.wakeReaders();
    try {
      if (this.failure === undefined)
        writeFileAtomically(join(this.options.directory, HEAD_FILE), headFileText(this.logId, this.currentHead()));
    } catch {
      // As in writeWitness.
    }
    await this.checkpoints.close();
    this.sync.close();
    this.database.close();
    this.lock.release();
  }
}

/** A log that goes on after a loss is another log: cursors into the lost part must not fit it. */
function becomeAnotherLog(directory: string, database: DatabaseSync): void {
  const logId = randomUUID();
  writeLogId(database, logId);
  writeFileAtomically(join(directory, HEAD_FILE), headFileText(logId, new LogQueries(database).head()));
}
