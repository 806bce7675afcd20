import fc from 'fast-check';
import type { IndexValue } from './read-models.js';
import { encodePrefix, prefixEnd } from './index-key.js';

const rank = (value: IndexValue): number => (value === null ? 0 : typeof value === 'number' ? 1 : 2);

/** The order as the port says it, without bytes. */
function compareValues(a: IndexValue, b: IndexValue): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
  const [left, right] = [[...String(a)], [...String(b)]].map((text) =>
    text.map((part) => part.codePointAt(0) ?? 0),
  ) as [number[], number[]];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1)
    if (left[at] !== right[at]) return (left[at] ?? 0) - (right[at] ?? 0);
  return left.length - right.length;
}

function compareEntries(a: readonly IndexValue[], b: readonly IndexValue[]): number {
  for (let at = 0; at < a.length; at += 1) {
    const order = compareValues(a[at] ?? null, b[at] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\u0001', 'a', 'ÿ', '\uffff', '\u{10ffff}'),
    fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
  ),
});
const value: fc.Arbitrary<IndexValue> = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, Infinity, -Infinity),
  text,
);
const entry = fc.tuple(value, value, text);

test('bytes compare as their entries do', () => {
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      expect(Math.sign(Buffer.compare(encodePrefix(a), encodePrefix(b)))).toBe(Math.sign(compareEntries(a, b)));
    }),
    { numRuns: 2_000 },
  );
});

test('an entry lies in the range of its own prefix, and of no other', () => {
  fc.assert(
    fc.property(entry, value, ([first, second, id], other) => {
      const bytes = encodePrefix([first, second, id]);
      const prefix = encodePrefix([other]);
      const inside = Buffer.compare(bytes, prefix) > 0 && Buffer.compare(bytes, prefixEnd(prefix)) < 0;
      expect(inside).toBe(compareValues(first, other) === 0);
    }),
    { numRuns: 2_000 },
  );
});
