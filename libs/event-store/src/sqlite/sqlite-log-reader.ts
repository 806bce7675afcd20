import { existsSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamName } from '@millrace/contracts';
import { OperationalError } from '@millrace/runtime';
import {
  type EventBatch,
  type LogHead,
  type LogReader,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StreamSlice,
} from '../event-store.js';
import type { LogFault, StoredEvent, StoredLog, StoredPage } from '../verify-log.js';
import { isDirectoryLocked } from './directory-lock.js';
import { lossesOf, witnessedLog } from './inspect-log.js';
import { LOG_FILE, openLogDatabaseReadOnly, readLogId } from './log-database.js';
import { LogQueries, readAllOf } from './log-queries.js';
import { findWalDamage } from './wal-scan.js';
import { readHeadFile, type Witness } from './witnesses.js';

/** Faults of SQLite's own that are listed, at most. */
const INTEGRITY_FAULTS_MAX = 100;

const STORED = `e.position, s.name AS stream, e.revision, CAST(e.metadata AS BLOB) AS metadata, CAST(e.data AS BLOB) AS data, e.hash, p.hash AS previousHash`;

interface StoredRow {
  readonly position: number;
  readonly stream: string | null;
  readonly revision: number;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
  readonly hash: string;
  readonly previousHash: string | null;
}

/** Reads a log that may belong to a running process; writes nothing. For `verify` and `export`. */
export class SqliteLogReader implements LogReader, StoredLog {
  readonly logId: string;
  private readonly queries: LogQueries;
  private readonly page: StatementSync;

  /**
   * @param witnesses - beside `head.json`, e.g. the views' checkpoints; only {@link selfCheck} asks them.
   * @throws OperationalError `NO_LOG` when there is none.
   */
  static open(options: { readonly directory: string; readonly witnesses?: readonly Witness[] }): SqliteLogReader {
    const directory = resolvePath(options.directory);
    if (!existsSync(join(directory, LOG_FILE)))
      throw new OperationalError(`There is no event log in ${directory}.`, { retryable: false, code: 'NO_LOG' });
    // Before SQLite opens it, as its recovery drops what it can't read. Not under a process that writes it just now.
    const walDamage = isDirectoryLocked(directory) ? undefined : findWalDamage(directory);
    const database = openLogDatabaseReadOnly(directory);
    try {
      return new SqliteLogReader(directory, database, walDamage, options.witnesses ?? []);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(
    private readonly directory: string,
    private readonly database: DatabaseSync,
    private readonly walDamage: string | undefined,
    private readonly witnesses: readonly Witness[],
  ) {
    this.logId = readLogId(database);
    this.queries = new LogQueries(database);
    this.page = database.prepare(
      `SELECT ${STORED} FROM events e LEFT JOIN streams s ON s.id = e.stream
        LEFT JOIN events p ON p.stream = e.stream AND p.revision = e.revision - 1
        WHERE e.position > ? ORDER BY e.position LIMIT ?`,
    );
  }

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    return this.queries.readStream(stream, options, Infinity);
  }

  readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    const { queries } = this;
    return readAllOf({ queries, lastPosition: () => Number(queries.head().position) }, options);
  }

  async head(): Promise<LogHead> {
    return this.queries.head();
  }

  selfCheck(): readonly LogFault[] {
    const faults: LogFault[] = this.walDamage === undefined ? [] : [{ problem: this.walDamage }];
    try {
      const losses = lossesOf(witnessedLog(this.database), readHeadFile(this.directory), this.witnesses);
      faults.push(...losses.map((problem) => ({ problem })));
    } catch (error) {
      faults.push({ problem: messageOf(error) });
    }
    return [...faults, ...this.integrityFaults()];
  }

  readStored(after: Position, limit: number): StoredPage {
    try {
      const rows = this.page.all(Number(after), limit) as unknown as StoredRow[];
      const events = rows.map(toStored);
      const last = events.at(-1)?.position ?? after;
      return { events, faults: gaps(after, events), checkpoint: last, isLast: rows.length < limit };
    } catch (error) {
      if (limit > 1) return this.readStored(after, limit > 10 ? Math.trunc(limit / 10) : 1);
      return this.skip(after, error);
    }
  }

  async close(): Promise<void> {
    this.database.close();
  }

  /** One event can't be read: it is named, and the next is tried. */
  private skip(after: Position, error: unknown): StoredPage {
    const position = after + 1n;
    const problem = `the event can't be read: ${messageOf(error)}`;
    return {
      events: [],
      faults: [{ position, problem }],
      checkpoint: position,
      isLast: position >= this.lastPosition(),
    };
  }

  private lastPosition(): Position {
    try {
      return this.queries.head().position;
    } catch {
      return readHeadFile(this.directory)?.position ?? 0n;
    }
  }

  private integrityFaults(): readonly LogFault[] {
    try {
      const rows = this.database.prepare(`PRAGMA integrity_check(${INTEGRITY_FAULTS_MAX})`).all();
      const messages = rows.map((row) => String(row['integrity_check']));
      return messages.filter((message) => message !== 'ok').map((message) => ({ problem: `${LOG_FILE}: ${message}` }));
    } catch (error) {
      return [{ problem: `${LOG_FILE}: ${messageOf(error)}` }];
    }
  }
}

function toStored(row: StoredRow): StoredEvent {
  return {
    position: BigInt(row.position),
    stream: row.stream ?? '?',
    revision: row.revision,
    metadataBytes: row.metadata,
    dataBytes: row.data,
    hash: row.hash,
    previousHash: row.previousHash ?? undefined,
  };
}

/** Positions of this engine are dense, so a missing one is a missing event. */
function gaps(after: Position, events: readonly StoredEvent[]): readonly LogFault[] {
  let expected = after + 1n;
  const faults: LogFault[] = [];
  for (const { position } of events) {
    if (position !== expected)
      faults.push({
        position: expected,
        problem: `the events from position ${expected} to ${position - 1n} are missing`,
      });
    expected = position + 1n;
  }
  return faults;
}

function messageOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
