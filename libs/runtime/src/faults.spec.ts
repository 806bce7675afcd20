import { CRASH_POINTS, createFaults } from './faults.js';

const kills = (crashAt: string | undefined, more: { allowFaults?: boolean; isProduction?: boolean } = {}) => {
  const killed: string[] = [];
  const faults = createFaults({
    crashAt,
    allowFaults: true,
    isProduction: false,
    ...more,
    kill: () => killed.push('killed'),
  });
  return { faults, killed };
};

test('ends the process when the point is passed for the n-th time, and only then', () => {
  const { faults, killed } = kills('projection:3');
  faults.at('projection');
  faults.at('lease');
  faults.at('projection');
  expect(killed).toEqual([]);
  faults.at('projection');
  faults.at('projection');
  expect(killed).toEqual(['killed']);
});

test.each(CRASH_POINTS)('%s is a point, the first time it is passed', (point) => {
  const { faults, killed } = kills(point);
  faults.at(point);
  expect(killed).toEqual(['killed']);
});

test('without a point nothing ever happens', () => {
  for (const nothing of [undefined, '']) {
    const { faults, killed } = kills(nothing, { allowFaults: false, isProduction: true });
    for (const point of CRASH_POINTS) faults.at(point);
    expect(killed).toEqual([]);
  }
});

test('is refused unless it is allowed, and in production even then', () => {
  expect(() => kills('lease', { allowFaults: false })).toThrow(/MILLRACE_ALLOW_FAULTS=1/);
  expect(() => kills('lease', { isProduction: true })).toThrow(/production/);
});

test.each(['nowhere', 'lease:0', 'lease:-1', 'lease:1:2', 'lease:x', '__proto__'])(
  'refuses %s with a sentence',
  (text) => {
    expect(() => kills(text)).toThrow(RangeError);
  },
);
