import type { StreamName } from '@millrace/contracts';
import { OperationalError } from '@millrace/runtime';

/** What the client's errors call themselves; those of the transport alone have no type. */
function typeOf(error: unknown): string | undefined {
  const type = (error as { type?: unknown } | undefined)?.type;
  return typeof type === 'string' ? type : undefined;
}

export function isStreamNotFound(error: unknown): boolean {
  return typeOf(error) === 'stream-not-found';
}

export function isWrongExpectedVersion(error: unknown): boolean {
  return typeOf(error) === 'wrong-expected-version';
}

export function storeClosed(): OperationalError {
  return new OperationalError('The event store is closed.', { retryable: false, code: 'STORE_CLOSED' });
}

/** The call was given up by its own clock: the client's deadlines do not bound a call to a frozen server. */
export function timedOut(timeoutMs: number): OperationalError {
  return new OperationalError(`The event store has not answered within ${timeoutMs} ms.`, {
    retryable: true,
    code: 'STORE_TIMEOUT',
  });
}

/** Refused by the server for a reason that a repeat does not change; nothing was done. Undefined for all that may pass. */
export function refusalOf(error: unknown): Error | undefined {
  switch (typeOf(error)) {
    case 'access-denied':
      return new OperationalError(
        'The event store denies access: the user of the connection string has to be allowed to append, and to read $all.',
        { retryable: false, code: 'STORE_ACCESS_DENIED', cause: error },
      );
    case 'stream-deleted':
      return new OperationalError(
        'The stream was deleted for good in the event store, by something other than Millrace.',
        {
          retryable: false,
          code: 'STREAM_DELETED',
          cause: error,
        },
      );
    case 'maximum-append-size-exceeded': {
      const max = String((error as { maxAppendSize?: unknown }).maxAppendSize);
      return new RangeError(`The event store takes ${max} bytes an append: raise its MaxAppendSize to 2 MiB.`, {
        cause: error,
      });
    }
    default:
      return undefined;
  }
}

/**
 * Every failure of the transport is one: the client names the same fault in five ways (`UnavailableError`, `UnknownError` without a code,
 * plain errors with code 14, ...), so none of them says whether the server has seen the call.
 */
export function unavailable(cause: unknown, mayHaveHappened = false): OperationalError {
  const reason =
    (cause as { code?: unknown } | undefined)?.code === 'STORE_TIMEOUT' ? ' It has not answered in time.' : '';
  return new OperationalError(
    mayHaveHappened
      ? `The event store's answer to an append was lost.${reason} It may have happened: the same append again tells.`
      : `The event store can't be reached.${reason}`,
    { retryable: true, mayHaveHappened, code: 'STORE_UNAVAILABLE', cause },
  );
}

/** Something else than Millrace writes to, deletes or truncates its streams. */
export function foreignEvent(stream: string, revision: bigint | number, problem: string): OperationalError {
  return new OperationalError(`Revision ${revision} of ${stream} ${problem}. The event store must be Millrace's own.`, {
    retryable: false,
    code: 'STORE_NOT_OURS',
  });
}

/** An append went to another place than its events say: the stream was deleted or truncated beneath us. */
export function misplaced(stream: StreamName, expected: number, actual: bigint): OperationalError {
  return new OperationalError(
    `An append to ${stream} was to end at revision ${expected} and ended at ${actual}: the stream was deleted before, by something other than Millrace.`,
    { retryable: false, mayHaveHappened: true, code: 'STORE_NOT_OURS' },
  );
}
