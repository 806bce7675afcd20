import fc from 'fast-check';
import { DeadlineWindow, type ArmedDeadline } from './deadline-window.js';

const armed = (id: string, wakeAtMs: number): ArmedDeadline => ({ deadline: { id }, wakeAtMs, attempts: 0 });

function drain(window: DeadlineWindow<{ readonly id: string }>): readonly string[] {
  const ids: string[] = [];
  for (let next = window.takeDue(Infinity); next !== undefined; next = window.takeDue(Infinity))
    ids.push(next.deadline.id);
  return ids;
}

describe('the window of the nearest deadlines', () => {
  test('gives them in the order of their wake-up, those of one instant by their id', () => {
    const window = new DeadlineWindow(10);
    for (const one of [armed('c', 2), armed('b', 1), armed('a', 2)]) window.put(one);
    expect(window.nextWakeAtMs).toBe(1);
    expect(drain(window)).toEqual(['b', 'a', 'c']);
  });

  test('gives nothing a millisecond early, and gives at the very instant', () => {
    const window = new DeadlineWindow(10);
    window.put(armed('a', 5));
    expect(window.takeDue(4)).toBeUndefined();
    expect(window.takeDue(5)?.deadline.id).toBe('a');
  });

  test('keeps one of an id, the later put', () => {
    const window = new DeadlineWindow(10);
    window.put(armed('a', 9));
    window.put(armed('a', 3));
    expect([window.size, window.nextWakeAtMs]).toEqual([1, 3]);
  });

  test('trims to the nearest when it holds more than twice its size, and takes nothing beyond them any more', () => {
    const window = new DeadlineWindow(2);
    for (const at of [50, 10, 40, 20]) window.put(armed(`at-${at}`, at));
    expect([window.size, window.bounded]).toEqual([4, false]);
    window.put(armed('at-30', 30));
    expect([window.size, window.bounded]).toEqual([2, true]);
    window.put(armed('at-21', 21));
    window.put(armed('at-15', 15));
    expect(drain(window)).toEqual(['at-10', 'at-15', 'at-20']);
  });

  test('is, whatever comes and goes, the sorted list of what is open', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 20 }),
      at: fc.integer({ min: 0, max: 9 }),
      clear: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new DeadlineWindow(1_000);
        const open = new Map<string, number>();
        for (const { id, at, clear } of steps) {
          if (clear) {
            window.remove(`d${id}`);
            open.delete(`d${id}`);
          } else {
            window.put(armed(`d${id}`, at));
            open.set(`d${id}`, at);
          }
        }
        const sorted = [...open].sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1)).map(([id]) => id);
        expect(drain(window)).toEqual(sorted);
      }),
    );
  });
});
