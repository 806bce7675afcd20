import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperationalError } from '@millrace/runtime';
import { isBusy } from './sqlite-failure.js';

const LOCK_FILE = 'lock.sqlite';
/** Longer than anybody looks whether the lock is held. */
const LOOK_MS = 200;

/** Held for as long as the process owns the data; the system lets go of it however the process ends. */
export interface DirectoryLock {
  release(): void;
}

/**
 * One process owns a data directory: an exclusive transaction on `lock.sqlite` (docs/decisions/0027).
 *
 * @throws OperationalError `DATA_IN_USE` when another process has it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: LOOK_MS });
  try {
    // A rollback journal: with a WAL, "exclusive" would still let others in to read.
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new OperationalError(
      `The data in ${directory} is in use by another Millrace process: stop that one first, or choose another directory.`,
      {
        retryable: false,
        code: 'DATA_IN_USE',
        cause: error,
      },
    );
  }
  return { release: () => database.close() };
}

/** Whether a process owns the directory just now. */
export function isDirectoryLocked(directory: string): boolean {
  const path = join(directory, LOCK_FILE);
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}
