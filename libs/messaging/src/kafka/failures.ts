import { OperationalError } from '@millrace/runtime';

/**
 * Whatever the client throws is one thing: a dead broker alone shows as five kinds of error, some of which call themselves not retriable,
 * and none says whether the broker has taken the request.
 */
export function unavailable(what: string, cause: unknown, mayHaveHappened = false): OperationalError {
  const reason = Error.isError(cause) ? cause.message : String(cause);
  return new OperationalError(`${what}: ${reason}${mayHaveHappened ? '. It may have happened.' : ''}`, {
    retryable: true,
    mayHaveHappened,
    code: 'MESSAGES_UNAVAILABLE',
    cause,
  });
}

export function messagesClosed(): OperationalError {
  return new OperationalError('The messages are closed.', { retryable: false, code: 'MESSAGES_CLOSED' });
}
