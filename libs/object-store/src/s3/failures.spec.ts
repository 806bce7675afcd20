import { asOperational, isAbsent } from './failures.js';

const error = (name: string, status?: number): Error =>
  Object.assign(new Error('It failed.'), { name, $metadata: { httpStatusCode: status } });

test.each([
  ['TimeoutError', undefined, 'STORE_UNAVAILABLE', true],
  ['InternalError', 500, 'STORE_UNAVAILABLE', true],
  ['SlowDown', 429, 'STORE_UNAVAILABLE', true],
  ['BadDigest', 400, 'STORE_UNAVAILABLE', true],
  ['XMinioStorageFull', 507, 'STORE_FULL', true],
  ['AccessDenied', 403, 'STORE_ACCESS_DENIED', false],
  ['SignatureDoesNotMatch', 403, 'STORE_ACCESS_DENIED', false],
  ['NoSuchBucket', 404, 'STORE_MISSING', false],
  ['InvalidArgument', 400, 'STORE_REFUSED', false],
])('%s with the status %s is %s', (name, status, code, retryable) => {
  expect(asOperational(error(name, status))).toMatchObject({ code, retryable, mayHaveHappened: false });
  expect(asOperational(asOperational(error(name, status)), true)).toMatchObject({
    code,
    retryable,
    mayHaveHappened: true,
  });
});

test('an object that is not there is told from a bucket or an upload that is not', () => {
  const names = ['NotFound', 'NoSuchKey', 'NoSuchBucket', 'NoSuchUpload'];
  expect(names.map((name) => isAbsent(error(name, 404)))).toEqual([true, true, false, false]);
  expect(isAbsent(error('InternalError', 500))).toBe(false);
});
