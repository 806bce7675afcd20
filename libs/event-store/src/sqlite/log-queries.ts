import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Category, EventMetadata, JsonObject, StreamName } from '@millrace/contracts';
import {
  NEW_STREAM,
  READ_LIMIT_DEFAULT,
  READ_LIMIT_MAX,
  type EventBatch,
  type Head,
  type LogHead,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamSlice,
} from '../event-store.js';

/** Positions that one query with a filter looks at: a rare category must not block the event loop for the length of the log. */
const SCAN_MAX = 10_000;

const COLUMNS = `position, category, hash, metadata, data`;

interface EventRow {
  readonly position: number;
  readonly category: Category;
  readonly hash: string;
  readonly metadata: string;
  readonly data: string;
}

/** Where a page of everything starts and how much it may hold; positions as numbers, since those of SQLite are dense and below 2^53. */
export interface PageRequest {
  readonly after: number;
  readonly limit: number;
  readonly categories: readonly Category[] | undefined;
}

export interface Page {
  readonly events: readonly RecordedEvent[];
  readonly checkpoint: number;
}

/** Every read of the log, as prepared statements. Synchronous, as node:sqlite is. */
export class LogQueries {
  private readonly lastEvent: StatementSync;
  private readonly hashAt: StatementSync;
  private readonly streamHead: StatementSync;
  private readonly forwards: StatementSync;
  private readonly backwards: StatementSync;
  private readonly page: StatementSync;
  private readonly filteredPage: StatementSync;
  private readonly pageBefore: StatementSync;
  private readonly filteredPageBefore: StatementSync;
  private readonly ids: StatementSync;

  constructor(database: DatabaseSync) {
    const stream = '(SELECT id FROM streams WHERE name = ?)';
    const among = 'category IN (SELECT value FROM json_each(?))';
    this.lastEvent = database.prepare('SELECT position, hash FROM events ORDER BY position DESC LIMIT 1');
    this.hashAt = database.prepare('SELECT hash FROM events WHERE position = ?');
    this.streamHead = database.prepare(
      `SELECT revision, hash FROM events WHERE stream = ${stream} AND position <= ? ORDER BY revision DESC LIMIT 1`,
    );
    this.forwards = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE stream = ${stream} AND revision >= ? AND position <= ? ORDER BY revision LIMIT ?`,
    );
    this.backwards = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE stream = ${stream} AND revision <= ? AND position <= ? ORDER BY revision DESC LIMIT ?`,
    );
    this.page = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
    );
    this.filteredPage = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position > ? AND position <= ? AND ${among} ORDER BY position LIMIT ?`,
    );
    this.pageBefore = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position < ? ORDER BY position DESC LIMIT ?`,
    );
    this.filteredPageBefore = database.prepare(
      `SELECT ${COLUMNS} FROM events WHERE position < ? AND position >= ? AND ${among} ORDER BY position DESC LIMIT ?`,
    );
    this.ids = database.prepare(
      `SELECT position, revision, hash, metadata ->> 'id' AS id FROM events
        WHERE stream = ${stream} AND revision > ? ORDER BY revision LIMIT ?`,
    );
  }

  head(): LogHead {
    const row = this.lastEvent.get() as { position: number; hash: string } | undefined;
    return row === undefined
      ? { position: 0n, hash: NEW_STREAM.hash }
      : { position: BigInt(row.position), hash: row.hash };
  }

  /** Undefined where no event stands. */
  hashAtPosition(position: number): string | undefined {
    return (this.hashAt.get(position) as { hash: string } | undefined)?.hash;
  }

  /** @param last - what stands behind this position is not there yet. */
  headOf(stream: StreamName, last: number): Head {
    const row = this.streamHead.get(stream, last) as { revision: number; hash: string } | undefined;
    return row === undefined ? NEW_STREAM : { revision: row.revision, hash: row.hash };
  }

  /**
   * @param last - what stands behind this position is not there yet.
   * @param known - the stream's head, where it needs no look: most reads of a stream ask whether there is something new.
   */
  readStream(stream: StreamName, options: ReadStreamOptions, last: number, known?: Head): StreamSlice {
    const head = known ?? this.headOf(stream, last);
    if (head.revision < 0) return { events: [], head };
    if (options.direction !== 'backwards' && (options.from ?? 0) > head.revision) return { events: [], head };
    const limit = boundedLimit(options.limit);
    const rows =
      options.direction === 'backwards'
        ? this.backwards.all(stream, options.from ?? head.revision, last, limit)
        : this.forwards.all(stream, options.from ?? 0, last, limit);
    return { events: recordedOf(rows, stream), head };
  }

  /** Events after a position. With a filter it looks at {@link SCAN_MAX} positions at most, and the checkpoint says how far it came. */
  after({ after, limit, categories }: PageRequest, last: number): Page {
    if (categories === undefined) {
      const events = recordedOf(this.page.all(after, last, limit));
      return { events, checkpoint: events.length < limit ? Math.max(last, after) : lastPosition(events, after) };
    }
    const until = Math.min(after + SCAN_MAX, last);
    const events = recordedOf(this.filteredPage.all(after, until, JSON.stringify(categories), limit));
    return { events, checkpoint: events.length < limit ? Math.max(until, after) : lastPosition(events, after) };
  }

  /** Events before a position, latest first; the checkpoint is 1 when there are no more. */
  before({ after: before, limit, categories }: PageRequest): Page {
    if (categories === undefined) {
      const events = recordedOf(this.pageBefore.all(before, limit));
      return { events, checkpoint: events.length < limit ? 1 : lastPosition(events, before) };
    }
    const from = Math.max(before - SCAN_MAX, 1);
    const events = recordedOf(this.filteredPageBefore.all(before, from, JSON.stringify(categories), limit));
    return { events, checkpoint: events.length < limit ? from : lastPosition(events, before) };
  }

  /** Ids and places of the events that follow a revision: what a repeated append is compared with. */
  idsAfter(
    stream: StreamName,
    revision: number,
    limit: number,
  ): readonly { position: number; revision: number; hash: string; id: string }[] {
    return this.ids.all(stream, revision, limit) as unknown as {
      position: number;
      revision: number;
      hash: string;
      id: string;
    }[];
  }
}

function boundedLimit(limit: number | undefined): number {
  return Math.max(1, Math.min(limit ?? READ_LIMIT_DEFAULT, READ_LIMIT_MAX));
}

export function toBatch(page: Page, caughtUp: boolean): EventBatch {
  return { events: page.events, checkpoint: BigInt(page.checkpoint), caughtUp };
}

/** What {@link readAllOf} reads; `lastPosition` is asked before each query and may throw when the log is closed. */
export interface QueriedLog {
  readonly queries: LogQueries;
  readonly lastPosition: () => number;
}

/** One page of everything. With a rare filter it may take several queries; the event loop has a turn between them. */
export async function readAllOf(log: QueriedLog, options: ReadAllOptions): Promise<EventBatch> {
  const limit = boundedLimit(options.limit);
  const isBackwards = options.direction === 'backwards';
  const start = isBackwards && options.after === undefined ? log.lastPosition() + 1 : Number(options.after ?? 0n);
  const read = (from: number, rest: number): Page => {
    const last = log.lastPosition();
    const request = { after: from, limit: rest, categories: options.categories };
    return isBackwards ? log.queries.before(request) : log.queries.after(request, last);
  };
  const isEnd = (checkpoint: number): boolean => (isBackwards ? checkpoint <= 1 : checkpoint >= log.lastPosition());
  let page = read(start, limit);
  const events = [...page.events];
  while (events.length < limit && !isEnd(page.checkpoint)) {
    await nextTurn();
    page = read(page.checkpoint, limit - events.length);
    events.push(...page.events);
  }
  return toBatch({ events, checkpoint: page.checkpoint }, isEnd(page.checkpoint));
}

function lastPosition(events: readonly RecordedEvent[], otherwise: number): number {
  const last = events.at(-1);
  return last === undefined ? otherwise : Number(last.position);
}

function recordedOf(rows: readonly unknown[], stream?: StreamName): RecordedEvent[] {
  return (rows as readonly EventRow[]).map((row) => {
    const metadata = JSON.parse(row.metadata) as EventMetadata;
    return {
      type: metadata.type,
      version: metadata.version,
      stream: stream ?? (metadata.stream as StreamName),
      category: row.category,
      revision: metadata.revision,
      position: BigInt(row.position),
      data: JSON.parse(row.data) as JsonObject,
      metadata,
      hash: row.hash,
    };
  });
}
