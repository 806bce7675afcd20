import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { Checkpointer } from '@millrace/event-store/sqlite';
import { OperationalError } from '@millrace/runtime';
import { tableName } from './names.js';

export interface ViewsDatabaseOptions {
  /** Holds `views.sqlite`; created when it is missing. */
  readonly directory: string;
  /** The log that the views are folded from. Views of another log are set aside and built anew. */
  readonly logId?: string;
  /** Called when a damaged or foreign file was set aside; everything is then rebuilt. Default: a process warning. */
  readonly onSetAside?: (message: string) => void;
  /** Size limit in pages of 4 KiB; default none. Beyond it a write fails as on a full disk. */
  readonly pagesMax?: number;
}

/** 'MRVW': tells our file from any other SQLite file. */
const APPLICATION_ID = 0x4d525657;
/** Of the tables below. The views can be rebuilt, so another format is set aside instead of migrated. */
const FORMAT = 1;
const BUSY_TIMEOUT_MS = 2_000;
/** Bytes written, as far as they can be estimated, after which the write-ahead log is copied into the file. */
const CHECKPOINT_BYTES = 8_000_000;

const TABLES = `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  -- One complete set of a projection's documents. Shadow: being filled. Discarded: waits for its rows to be deleted.
  CREATE TABLE generations (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    projection TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('current', 'shadow', 'discarded')),
    checkpoint INTEGER NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX current_generation ON generations (projection) WHERE role = 'current';
  CREATE TABLE collections (
    generation INTEGER NOT NULL REFERENCES generations,
    name TEXT NOT NULL,
    indexes TEXT NOT NULL,
    PRIMARY KEY (generation, name)
  ) WITHOUT ROWID;
  CREATE TABLE snapshots (
    stream TEXT NOT NULL,
    decider TEXT NOT NULL,
    version INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (stream, decider)
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/** SQLite's result codes that we tell apart: https://www.sqlite.org/rescode.html */
const SQLITE_ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;
const IOERR_FSYNC = 1034;

interface SqliteError extends Error {
  readonly errcode: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return Error.isError(error) && 'errcode' in error && typeof error.errcode === 'number';
}

function damages(errcode: number): boolean {
  const primary = errcode & 0xff;
  // After a failed fsync the kernel may have dropped the pages it could not write: what is in the file is anybody's guess.
  return primary === CORRUPT || primary === NOTADB || errcode === IOERR_FSYNC;
}

function isDamage(error: unknown): boolean {
  return isSqliteError(error) && damages(error.errcode);
}

/** As the event log takes it (docs/decisions/0008): a log that ends before the position has lost events. */
export interface ViewsWitness {
  readonly name: string;
  readonly logId?: string;
  readonly position: bigint;
}

export type Row = Record<string, SQLOutputValue>;

/** `views.sqlite`: read models and snapshots, all of which a replay of the log brings back. One connection, one process. */
export class ViewsDatabase {
  private readonly statements = new Map<string, StatementSync>();
  private readonly checkpointer: Checkpointer;
  private written = 0;

  private constructor(
    private readonly directory: string,
    readonly connection: DatabaseSync,
  ) {
    this.checkpointer = new Checkpointer(viewsFile(directory), (failure) => {
      if (failure !== undefined && damages(failure.errcode)) markDamaged(directory, failure.message);
    });
  }

  /** Never fails because of what is in the file: what can't be used is set aside, and an empty database takes its place. */
  static open(options: ViewsDatabaseOptions): ViewsDatabase {
    mkdirSync(options.directory, { recursive: true });
    const connection = knownDamage(options.directory) ?? tryConnect(options);
    if (typeof connection !== 'string') return new ViewsDatabase(options.directory, connection);

    const message = `The read models in views.sqlite can't be used (${connection}). They are kept as views.damaged.sqlite and rebuilt from the log.`;
    setAside(options.directory);
    (options.onSetAside ?? process.emitWarning)(message);
    return new ViewsDatabase(options.directory, connect(options));
  }

  /** For reading what another thread writes, once that has opened it. Sees whatever is committed. */
  static openReader(directory: string): ViewsDatabase {
    const connection = new DatabaseSync(viewsFile(directory), { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    connection.exec('PRAGMA cache_size = -8000');
    return new ViewsDatabase(directory, connection);
  }

  /** What the views in the file have seen of which log. Empty when there is none, or none that can be used. */
  static witnesses(directory: string): readonly ViewsWitness[] {
    if (!existsSync(viewsFile(directory))) return [];
    let connection: DatabaseSync | undefined;
    try {
      connection = new DatabaseSync(viewsFile(directory), { readOnly: true });
      const statement = connection.prepare(
        `SELECT projection, checkpoint, (SELECT value FROM settings WHERE name = 'logId') AS logId
         FROM generations WHERE role = 'current' AND checkpoint > 0`,
      );
      statement.setReadBigInts(true);
      return statement.all().map(({ projection, checkpoint, logId }) => ({
        name: `the view ${String(projection)}`,
        position: checkpoint as bigint,
        ...(typeof logId === 'string' && { logId }),
      }));
    } catch {
      // Whatever is wrong with it, an opening finds it out and sets it aside.
      return [];
    } finally {
      connection?.close();
    }
  }

  /**
   * All or nothing.
   *
   * @throws OperationalError as {@link failure} says; nothing was written.
   */
  transaction<T>(work: () => T): T {
    return this.guard(() => {
      this.connection.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.connection.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite rolls back by itself on some errors, a full disk among them.
        if (this.connection.isTransaction) this.connection.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Several reads of one state of the file. */
  snapshot<T>(work: () => T): T {
    return this.guard(() => {
      this.run('BEGIN');
      try {
        return work();
      } finally {
        this.run('COMMIT');
      }
    });
  }

  /** Runs a read or a transaction, and turns what the engine throws into what the port promises. */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Statements are prepared once: pass constants, or what is made of a few names. Integers come back as bigints. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.statement(sql).run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  first(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.statement(sql).all(...values);
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      // A position may be beyond 2^53; node:sqlite throws on such a number unless it may answer a bigint.
      statement.setReadBigInts(true);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** Tells about how much a transaction has written. */
  wrote(bytes: number): void {
    this.written += bytes;
    if (this.written < CHECKPOINT_BYTES) return;
    this.written = 0;
    this.checkpointer.run();
  }

  async close(): Promise<void> {
    await this.checkpointer.close();
    this.statements.clear();
    if (this.connection.isOpen) this.connection.close();
  }

  private failure(error: unknown): unknown {
    if (!this.connection.isOpen)
      return new OperationalError('The read models are closed.', { retryable: false, code: 'CLOSED', cause: error });
    if (!isSqliteError(error)) return error;
    if (isDamage(error)) {
      markDamaged(this.directory, error.message);
      return new OperationalError('The read models are damaged; the next start rebuilds them from the log.', {
        retryable: false,
        code: 'READ_MODELS_DAMAGED',
        cause: error,
      });
    }
    switch (error.errcode & 0xff) {
      case FULL:
        return new OperationalError('The disk of the read models is full.', {
          retryable: true,
          code: 'STORE_FULL',
          cause: error,
        });
      case BUSY:
      case LOCKED:
      case IOERR:
        return new OperationalError('The read models are not available.', { retryable: true, cause: error });
      default:
        return error;
    }
  }
}

/** The connection, or why the file can't be used. */
function tryConnect(options: ViewsDatabaseOptions): DatabaseSync | string {
  try {
    return connect(options);
  } catch (error) {
    if (error instanceof UnusableViews) return error.message;
    // SQLITE_ERROR here: a table that the others speak of is not there.
    if (isSqliteError(error) && (isDamage(error) || error.errcode === SQLITE_ERROR)) return error.message;
    throw new OperationalError(`The read models in ${options.directory} can't be opened.`, {
      retryable: false,
      cause: error,
    });
  }
}

class UnusableViews extends Error {}

function connect(options: ViewsDatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(viewsFile(options.directory), { timeout: BUSY_TIMEOUT_MS });
  try {
    prepare(database, options);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync, options: ViewsDatabaseOptions): void {
  // Large, since the checkpointer comes first: what is left for the connection itself is the rest, when writers give it no time.
  database.exec(
    'PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000; PRAGMA foreign_keys = ON',
  );
  if (options.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
  const tables = number(database, 'SELECT count(*) AS value FROM sqlite_schema');
  if (tables === 0) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`);
  if (number(database, 'SELECT application_id AS value FROM pragma_application_id') !== APPLICATION_ID)
    throw new UnusableViews('it is not a file of ours');
  const format = number(database, 'SELECT user_version AS value FROM pragma_user_version');
  if (format !== FORMAT) throw new UnusableViews(`it has format ${format}, this release reads ${FORMAT}`);
  if (options.logId !== undefined) checkLog(database, options.logId);
  for (const { name, generation } of database.prepare('SELECT name, generation FROM collections').all())
    database.prepare(`SELECT id FROM ${tableName(String(name), Number(generation))} LIMIT 1`).get();
}

function checkLog(database: DatabaseSync, logId: string): void {
  const row = database.prepare(`SELECT value FROM settings WHERE name = 'logId'`).get();
  if (row !== undefined && row['value'] !== logId) throw new UnusableViews('it was folded from another log');
  if (row === undefined) database.prepare(`INSERT INTO settings VALUES ('logId', ?)`).run(logId);
}

function number(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['value']);
}

function viewsFile(directory: string): string {
  return join(directory, 'views.sqlite');
}

function damageMark(directory: string): string {
  return join(directory, 'views.sqlite-damaged');
}

function knownDamage(directory: string): string | undefined {
  const mark = damageMark(directory);
  return existsSync(mark) ? `it was found damaged: ${readFileSync(mark, 'utf8')}` : undefined;
}

function markDamaged(directory: string, cause: string): void {
  try {
    writeFileSync(damageMark(directory), cause);
  } catch {
    // The disk is failing; the next start looks at the file itself.
  }
}

/** Keeps one such file, the latest: evidence must not fill the disk. */
function setAside(directory: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    const from = join(directory, `views.sqlite${suffix}`);
    const to = join(directory, `views.damaged.sqlite${suffix}`);
    rmSync(to, { force: true });
    if (existsSync(from)) renameSync(from, to);
  }
  rmSync(damageMark(directory), { force: true });
}
