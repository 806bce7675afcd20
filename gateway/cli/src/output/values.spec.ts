import { styleOf, wantsColours } from './style.js';
import { table } from './table.js';
import { bytes, duration, parseDuration } from './values.js';

test.each([
  [0, '0.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [3_599_000, '59 min 59 s'],
  [7_440_000, '2 h 4 min'],
  [172_800_000, '2 d 0 h'],
  [-5, '0.0 s'],
])('%d ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('sizes and durations', () => {
  expect([1023, 1024, 1024 ** 3].map(bytes)).toEqual(['1023 bytes', '1.0 KiB', '1.0 GiB']);
  expect(['45s', '90m', '12h', '30d', '1w', '', '-1s', '1.5h'].map(parseDuration)).toEqual([
    45_000,
    5_400_000,
    43_200_000,
    2_592_000_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('columns are aligned by what is seen, and cut to the terminal', () => {
  const { red } = styleOf(true);
  const rows = table([
    ['A', 'B'],
    [red('long'), 'x'],
  ]);
  expect(rows).toEqual(['A     B', `${red('long')}  x`]);
  expect(table([['abc', 'defghij']], 8)).toEqual(['abc  de…']);
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  [{ TERM: 'dumb' }, true, false],
])('with %j and a terminal (%p) colours are wanted: %p', (env, isTTY, wanted) => {
  expect(wantsColours(env, isTTY)).toBe(wanted);
});
