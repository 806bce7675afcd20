import { fakeTime } from '@millrace/runtime/testing';
import type { LiveIterator } from '../ports.js';
import { liveIterator } from './live-iterator.js';
import { rechecked } from './rechecked.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A source that a test pushes into; null ends it. */
function pushed() {
  const waiting: (string | null)[] = [];
  let wake = (): void => undefined;
  let ended = false;
  const source: LiveIterator<string> = liveIterator(
    async () => {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() ?? undefined;
    },
    () => (ended = true),
  );
  const push = (item: string | null): void => {
    waiting.push(item);
    wake();
  };
  return { source, push, ended: () => ended };
}

function watched(look: (item: string) => string | undefined) {
  const time = fakeTime();
  const { source, push, ended } = pushed();
  const iterator = rechecked(source, { look, everyMs: 1_000, timers: time.timers });
  const got: string[] = [];
  const over = (async () => {
    for await (const item of iterator) got.push(item);
  })();
  return { time, push, ended, got, over, iterator };
}

test('the last state comes again when what it is shown with has changed, and only then', async () => {
  let runners = 'none';
  const { time, push, got, over } = watched(() => runners);
  push('a');
  await turn();
  await time.advance(10_000);
  expect(got).toEqual(['a']);
  runners = 'one';
  await time.advance(1_000);
  expect(got).toEqual(['a', 'a']);
  await time.advance(10_000);
  push('b');
  await turn();
  expect(got).toEqual(['a', 'a', 'b']);
  push(null);
  await over;
  expect(time.armed).toBe(0);
});

test('a state that is shown with nothing else arms no timer', async () => {
  const { time, push, got, over } = watched((item) => (item === 'waits' ? String(time.clock.nowMs()) : undefined));
  push('a');
  await turn();
  expect(time.armed).toBe(0);
  push('waits');
  await turn();
  expect(time.armed).toBe(1);
  await time.advance(1_000);
  push('b');
  await turn();
  expect(got).toEqual(['a', 'waits', 'waits', 'b']);
  expect(time.armed).toBe(0);
  push(null);
  await over;
});

test('its end is the end of the source, also while it waits', async () => {
  const { push, ended, over, iterator, got } = watched(() => 'always the same');
  push('a');
  await turn();
  await iterator.return();
  await over;
  expect([ended(), got]).toEqual([true, ['a']]);
});

test('a source that fails fails it', async () => {
  const broken: LiveIterator<string> = liveIterator(() => Promise.reject(new Error('gone')));
  const { timers } = fakeTime();
  await expect(rechecked(broken, { look: () => '', everyMs: 1_000, timers }).next()).rejects.toThrow('gone');
});
