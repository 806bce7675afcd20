import { bytesText, duration, exactDuration } from './duration.js';

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('duration', () => {
  test.each([
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [MINUTE, '1 min'],
    [MINUTE + 5 * SECOND, '1 min 5 s'],
    [3 * MINUTE + 59 * SECOND, '3 min'],
    [HOUR - 1, '59 min'],
    [2 * HOUR + 10 * MINUTE, '2 h 10 min'],
    [DAY, '1 d'],
    [DAY + 5 * HOUR, '1 d 5 h'],
    [6 * DAY + 5 * HOUR, '6 d'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

test.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1_500, '1.5 s'],
  [61_000, '1 min 1 s'],
])('exactly %d ms is %s', (ms, text) => expect(exactDuration(ms)).toBe(text));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [123_456_789, '123 MB'],
])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
