import { parseProgress, progressText, relayAfter, type RelayProgress } from './relay-start.js';

const progress: RelayProgress = {
  log: 'l',
  position: 70n,
  ends: [
    [0, 10n],
    [1, 20n],
  ],
};
const ends = (...offsets: bigint[]) => new Map(offsets.map((offset, partition) => [partition, offset]));

describe('where a relay goes on', () => {
  test('at the first event of a log whose topic is empty', () => {
    expect(relayAfter(undefined, [], ends(0n, 0n))).toBe(0n);
  });

  test('at the highest batchFrom on the topic: all before it stands on every partition', () => {
    const lasts = [
      { partition: 0, batchFrom: 40n },
      { partition: 1, batchFrom: 60n },
    ];
    expect(relayAfter(undefined, lasts, ends(10n, 20n))).toBe(60n);
  });

  test('at what was remembered, where the topic says less: quiet categories leave no records', () => {
    expect(relayAfter(progress, [{ partition: 0, batchFrom: 40n }], ends(10n, 20n))).toBe(70n);
    expect(relayAfter(progress, [], ends(10n, 20n))).toBe(70n);
  });

  test('at what the topic says, where the last relay died before it could remember', () => {
    expect(relayAfter(progress, [{ partition: 1, batchFrom: 90n }], ends(10n, 21n))).toBe(90n);
  });

  test('at the last record of a partition that ends earlier than it did once, however far the others are', () => {
    const lasts = [
      { partition: 0, batchFrom: 30n },
      { partition: 1, batchFrom: 90n },
    ];
    expect(relayAfter(progress, lasts, ends(9n, 20n))).toBe(30n);
  });

  test('at the first event when the topic was made anew', () => {
    expect(relayAfter(progress, [], ends(0n, 0n))).toBe(0n);
  });

  test('records of another log say nothing about this one', () => {
    expect(relayAfter(undefined, [{ partition: 0, batchFrom: undefined }], ends(5n))).toBe(0n);
  });

  test('what is remembered survives as text', () => {
    expect(parseProgress(progressText(progress))).toEqual(progress);
  });
});
