import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperationalError } from '@millrace/runtime';
import { isBusy } from './sqlite-failure.js';

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
  const database = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 });
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
