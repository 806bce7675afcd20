import { OperationalError } from '@millrace/runtime';

/** Result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
/** The shared-memory file could not grow: the disk is full, nothing was written. */
const SQLITE_IOERR_SHMSIZE = 4874;

/** The extended result code, if the error is SQLite's. */
function errcode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = errcode(error);
  return code !== undefined && (code & 0xff) === SQLITE_BUSY;
}

export function isFull(error: unknown): boolean {
  const code = errcode(error);
  return code === SQLITE_FULL || code === SQLITE_IOERR_SHMSIZE;
}

export function storeFull(cause?: unknown): OperationalError {
  return new OperationalError(
    'The event log has no room left: nothing was written. It goes on by itself when there is room.',
    {
      retryable: true,
      code: 'STORE_FULL',
      cause,
    },
  );
}

/**
 * After a failed write or fsync nobody knows what is on the disk, and SQLite would let the next commit succeed (pitfalls, Durability).
 * So this store never writes again; a new process opens what is really there.
 */
export function storeFailed(cause: unknown): OperationalError {
  return new OperationalError(
    'The event log could not be written and is closed for writing until the process has started anew.',
    {
      retryable: false,
      mayHaveHappened: true,
      code: 'STORE_FAILED',
      cause,
    },
  );
}

export function storeClosed(): OperationalError {
  return new OperationalError('The event log is closed.', { retryable: false, code: 'STORE_CLOSED' });
}
