import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const LOG_FILE = 'log.sqlite';

const SCHEMA = `
  CREATE TABLE log (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    category TEXT NOT NULL,
    hash TEXT NOT NULL,
    metadata TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
`;

/** `synchronous` as SQLite numbers it. */
const FULL = 2;

/** Opens the log for its one writer, creating it if there is none. */
export function openLogDatabase(directory: string, maxPageCount?: number): DatabaseSync {
  const database = new DatabaseSync(join(directory, LOG_FILE), { timeout: 5_000, enableForeignKeyConstraints: false });
  try {
    makeDurable(database);
    // A checkpoint that fails would make a commit look failed that is on the disk: it is done apart from commits (checkpoint.ts).
    database.exec(
      'PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY',
    );
    if (maxPageCount !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPageCount)}`);
    createIfNew(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** For tools, while the owner runs or not. */
export function openLogDatabaseReadOnly(directory: string): DatabaseSync {
  return new DatabaseSync(join(directory, LOG_FILE), { readOnly: true, timeout: 5_000 });
}

/** Some builds of SQLite begin a WAL connection at NORMAL and lose acknowledged commits at a power cut, so it is read back. */
function makeDurable(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
  const synchronous = database.prepare('PRAGMA synchronous').get()?.['synchronous'];
  if (mode !== 'wal' || synchronous !== FULL)
    throw new Error(
      `SQLite runs with journal_mode ${mode} and synchronous ${synchronous}; the log needs wal and ${FULL}.`,
    );
}

function createIfNew(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  if (!hasLog(database)) {
    database.exec(SCHEMA);
    writeLogId(database, randomUUID());
  }
  database.exec('COMMIT');
}

/** False for a file that was never finished, or whose write-ahead log is gone. */
export function hasLog(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get() !== undefined;
}

export function readLogId(database: DatabaseSync): string {
  const value = database.prepare("SELECT value FROM log WHERE key = 'id'").get()?.['value'];
  if (typeof value !== 'string') throw new Error('The log has no id: it is damaged, or not a log.');
  return value;
}

export function writeLogId(database: DatabaseSync, logId: string): void {
  database
    .prepare("INSERT INTO log (key, value) VALUES ('id', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
    .run(logId);
}
