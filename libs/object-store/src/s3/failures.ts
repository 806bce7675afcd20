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

/** What the port promises, of what the client throws: network, protocol and service alike. */
export function asOperational(error: unknown, mayHaveHappened = false): OperationalError {
  if (isOperational(error) && !mayHaveHappened) return error;
  const [name, status] = [nameOf(error), statusOf(error)];
  const fail = (message: string, code: string, retryable: boolean): OperationalError =>
    new OperationalError(message, { retryable, mayHaveHappened, code, cause: error });
  if (FULL.has(name) || status === 507) return fail('The S3 store is full.', 'STORE_FULL', true);
  if (DENIED.has(name) || status === 401 || status === 403)
    return fail(
      'The S3 endpoint denies access: the key needs ListBucket, and GetObject, PutObject, DeleteObject and AbortMultipartUpload on the bucket.',
      'STORE_ACCESS_DENIED',
      false,
    );
  if (name === 'NoSuchBucket') return fail('The bucket of the S3 store is not there.', 'STORE_MISSING', false);
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (isRefusal && !PASSES.has(name)) return fail(`The S3 endpoint refuses: ${name}.`, 'STORE_REFUSED', false);
  return fail("The S3 endpoint can't be reached, or has failed.", 'STORE_UNAVAILABLE', true);
}
