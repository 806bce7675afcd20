import { isOperational, OperationalError } from '@millrace/runtime';
import type { ToldFailure } from './protocol.js';

export function toTold(error: unknown): ToldFailure {
  if (!Error.isError(error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  if (!isOperational(error)) return { name, message };
  const { retryable, mayHaveHappened, code } = error;
  return { name, message, operational: { retryable, mayHaveHappened, code } };
}

export function fromTold({ name, message, operational }: ToldFailure): Error {
  if (operational !== undefined) return new OperationalError(message, operational);
  return name === 'RangeError' ? new RangeError(message) : new Error(message);
}
