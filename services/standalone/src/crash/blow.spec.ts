import { CRASH_POINTS } from '@millrace/runtime';
import { blowOf, ciBlows } from './blow.js';

const RUNS = Array.from({ length: 400 }, (_, run) => run);

describe('blowOf', () => {
  test('is the same for the same seed and run, and another for another', () => {
    const blows = (seed: number) => RUNS.map((run) => blowOf({ seed, run }));
    expect(blows(7)).toEqual(blows(7));
    expect(blows(7)).not.toEqual(blows(8));
  });

  test('finds every point and every victim by itself', () => {
    const found = new Set(
      RUNS.map((run) => blowOf({ seed: 1, run })).map((blow) => (blow.kind === 'point' ? blow.point : blow.victim)),
    );
    expect([...found].sort()).toEqual([...CRASH_POINTS, 'platform', 'runner', 'both'].sort());
  });

  test('falls on the point that is asked for, from its first passing on', () => {
    const passings = RUNS.map((run) => blowOf({ seed: 1, run, point: 'lease' }));
    expect(new Set(passings.map((blow) => JSON.stringify(blow)))).toEqual(
      new Set([1, 2, 3].map((passing) => JSON.stringify({ kind: 'point', point: 'lease', passing }))),
    );
  });
});

test('ciBlows holds every point, and ten that the seed chooses', () => {
  const blows = ciBlows(1);
  expect(blows).toHaveLength(CRASH_POINTS.length + 10);
  expect(blows.slice(0, CRASH_POINTS.length).map((blow) => blow.kind === 'point' && blow.point)).toEqual(CRASH_POINTS);
});
