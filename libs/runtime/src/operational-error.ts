/** The world failed, not the caller: network, lock, conflict, full disk. Thrown, with what to do about it. */
export class OperationalError extends Error {
  override readonly name = 'OperationalError';

  constructor(
    message: string,
    options: {
      /** Whether the same call may succeed later. */
      readonly retryable: boolean;
      /** Whether it may have taken effect all the same ("may have happened"). False: nothing was done. */
      readonly mayHaveHappened?: boolean;
      /** Stable, for programs, e.g. `STORE_FULL`. */
      readonly code?: string;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
    this.code = options.code ?? 'UNAVAILABLE';
  }

  readonly retryable: boolean;
  readonly mayHaveHappened: boolean;
  readonly code: string;
}

/** Works across realms and copies of this module, where `instanceof` does not. */
export function isOperational(error: unknown): error is OperationalError {
  return Error.isError(error) && error.name === 'OperationalError';
}
