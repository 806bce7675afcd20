import { OperationalError, isOperational } from '@millrace/runtime';

const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'XAmzStorageFull']);
const DENIED = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'CredentialsProviderError']);
/** Refused once, and likely not the next time. */
const PASSES = new Set(['BadDigest', 'RequestTimeout', 'SlowDown', 'OperationAborted', 'NoSuchUpload']);

function statusOf(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: unknown } } | undefined)?.$metadata;
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return Error.isError(error) ? error.name : '';
}

/** There is no such object. A bucket that is not there is another matter. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket' && nameOf(error) !== 'NoSuchUpload';
}

export function timedOut(timeoutMs: number): OperationalError {
  return new OperationalError(`The S3 endpoint has not answered within ${timeoutMs} ms.`, {
    retryable: true,
    code: 'STORE_TIMEOUT',
  });
}

interface Meaning {
  readonly message: string;
  readonly code: string;
  readonly retryable: boolean;
}

const UNAVAILABLE: Meaning = {
  message: "The S3 endpoint can't be reached, or has failed.",
  code: 'STORE_UNAVAILABLE',
  retryable: true,
};

function meaningOf(name: string, status: number): Meaning {
  if (FULL.has(name) || status === 507)
    return { message: 'The S3 store is full.', code: 'STORE_FULL', retryable: true };
  if (DENIED.has(name) || status === 401 || status === 403)
    return {
      message:
        'The S3 endpoint denies access: the key needs ListBucket, and GetObject, PutObject, DeleteObject and AbortMultipartUpload on the bucket.',
      code: 'STORE_ACCESS_DENIED',
      retryable: false,
    };
  if (name === 'NoSuchBucket')
    return { message: 'The bucket of the S3 store is not there.', code: 'STORE_MISSING', retryable: false };
  if (isRefusal(status) && !PASSES.has(name))
    return { message: `The S3 endpoint refuses: ${name}.`, code: 'STORE_REFUSED', retryable: false };
  return UNAVAILABLE;
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** What the port promises, of what the client throws: network, protocol and service alike. */
export function asOperational(error: unknown, mayHaveHappened = false): OperationalError {
  if (isOperational(error)) {
    const { message, code, retryable } = error;
    return mayHaveHappened ? new OperationalError(message, { code, retryable, mayHaveHappened, cause: error }) : error;
  }
  const { message, ...rest } = meaningOf(nameOf(error), statusOf(error) ?? 0);
  return new OperationalError(message, { ...rest, mayHaveHappened, cause: error });
}
