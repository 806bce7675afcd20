import { refusalOf, unavailable } from './failures.js';

const error = (type: string | undefined, code: number | undefined): Error =>
  Object.assign(new Error('It failed.'), {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
  });

/** One and the same fault by the names that the driver was seen to give it. */
test.each([
  ['unavailable', 14],
  ['unknown', undefined],
  ['unknown', 2],
  ['not-leader', 5],
  ['timeout', 10],
  ['deadline-exceeded', 4],
  ['cancelled', 1],
  [undefined, 14],
  [undefined, undefined],
])('an error of type %s and code %s is no refusal: the append may have happened', (type, code) => {
  expect(refusalOf(error(type, code))).toBeUndefined();
  expect(unavailable(error(type, code), true)).toMatchObject({ retryable: true, mayHaveHappened: true });
  expect(unavailable(error(type, code))).toMatchObject({ retryable: true, mayHaveHappened: false });
});

test.each([
  ['access-denied', 'STORE_ACCESS_DENIED'],
  ['stream-deleted', 'STREAM_DELETED'],
])('an error of type %s is a refusal: nothing was done, and a repeat changes nothing', (type, code) => {
  expect(refusalOf(error(type, 9))).toMatchObject({ code, retryable: false, mayHaveHappened: false });
});
