import { OperationalError, isOperational } from '@millrace/runtime';

/** https://www.mongodb.com/docs/manual/reference/error-codes/ */
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const COMMAND_NOT_FOUND = 59;
const OUT_OF_DISK_SPACE = 14_031;
const DUPLICATE_KEY = 11_000;

function codeOf(error: unknown): unknown {
  return Error.isError(error) && 'code' in error ? error.code : undefined;
}

/** Of the driver or the server; told by their names, since the driver is loaded only where it is used. */
function isDriverError(error: unknown): error is Error {
  return Error.isError(error) && (error.name.startsWith('Mongo') || error.name.startsWith('BSON'));
}

export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === DUPLICATE_KEY;
}

export function isCommandNotFound(error: unknown): boolean {
  return codeOf(error) === COMMAND_NOT_FOUND;
}

/** Which writes of a bulk were refused as duplicates. Undefined when anything else has failed as well. */
export function duplicatesOf(error: unknown): readonly number[] | undefined {
  if (!Error.isError(error) || !('writeErrors' in error) || lacksAcknowledgement(error)) return undefined;
  const failed = [error.writeErrors].flat() as readonly { readonly code?: unknown; readonly index: number }[];
  return failed.length > 0 && failed.every(({ code }) => code === DUPLICATE_KEY)
    ? failed.map(({ index }) => index)
    : undefined;
}

/** The other writes of the bulk are there, though not yet on a majority. */
function lacksAcknowledgement(error: object): boolean {
  const { result } = error as { result?: { getWriteConcernError?: () => unknown } };
  return result?.getWriteConcernError?.() !== undefined;
}

export function closed(cause?: unknown): OperationalError {
  return new OperationalError('The read models are closed.', { retryable: false, code: 'CLOSED', cause });
}

export function timedOut(timeoutMs: number, mayHaveHappened: boolean): OperationalError {
  return new OperationalError(`MongoDB has not answered within ${timeoutMs} ms.`, {
    retryable: true,
    mayHaveHappened,
    code: 'STORE_TIMEOUT',
  });
}

export function goneBack(projection: string): OperationalError {
  return new OperationalError(
    `The view ${projection} lies before what was folded into it: MongoDB has lost what it had acknowledged, or another process has swapped an older rebuild in. Rebuild the view, or start this process again.`,
    { retryable: false, code: 'READ_MODELS_DAMAGED' },
  );
}

/**
 * What the port promises, of what the driver throws. It names one and the same fault in several ways (`MongoNetworkError`,
 * `MongoServerSelectionError`, `MongoPoolClearedError`, server codes of a primary that steps down), so all that is not known to stay passes.
 */
export function asOperational(error: unknown, mayHaveHappened: boolean): unknown {
  if (isOperational(error) || !isDriverError(error)) return error;
  if (error.name === 'MongoClientClosedError' || error.name === 'MongoNotConnectedError') return closed(error);
  switch (codeOf(error)) {
    case OUT_OF_DISK_SPACE:
      return new OperationalError('The disk of MongoDB is full.', {
        retryable: true,
        mayHaveHappened,
        code: 'STORE_FULL',
        cause: error,
      });
    case UNAUTHORIZED:
    case AUTHENTICATION_FAILED:
      return new OperationalError(
        'MongoDB denies access: the user of the connection string needs the role readWrite on its database.',
        { retryable: false, code: 'STORE_ACCESS_DENIED', cause: error },
      );
    default:
      return new OperationalError("MongoDB can't be reached, or has not done what it was asked.", {
        retryable: true,
        mayHaveHappened,
        code: 'STORE_UNAVAILABLE',
        cause: error,
      });
  }
}
