import { asOperational } from './failures.js';

const error = (name: string, code?: number): Error =>
  Object.assign(new Error('It failed.'), { name, ...(code !== undefined && { code }) });

test.each([
  ['MongoNetworkError', undefined],
  ['MongoServerSelectionError', undefined],
  ['MongoPoolClearedError', undefined],
  ['MongoServerError', 10_107],
  ['MongoServerError', 189],
  ['MongoWriteConcernError', 64],
])('%s with the code %s may pass, and may have happened when it was a write', (name, code) => {
  expect(asOperational(error(name, code), true)).toMatchObject({ retryable: true, mayHaveHappened: true });
  expect(asOperational(error(name, code), false)).toMatchObject({ retryable: true, mayHaveHappened: false });
});

test.each([
  ['MongoServerError', 14_031, { code: 'STORE_FULL', retryable: true }],
  ['MongoServerError', 18, { code: 'STORE_ACCESS_DENIED', retryable: false }],
  ['MongoServerError', 13, { code: 'STORE_ACCESS_DENIED', retryable: false }],
  ['MongoClientClosedError', undefined, { code: 'CLOSED', retryable: false }],
])('%s with the code %s is told apart', (name, code, expected) => {
  expect(asOperational(error(name, code), true)).toMatchObject(expected);
});

test('what is not of the driver stays what it is', () => {
  const ours = new RangeError('No.');
  expect(asOperational(ours, true)).toBe(ours);
});
