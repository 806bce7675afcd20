import { getEventListeners } from 'node:events';
import { liveIterator } from './live-iterator.js';

test('return() ends the source and a waiting next() at once', async () => {
  let ended = 0;
  let aborted = false;
  const iterator = liveIterator<number>(
    (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    },
    () => (ended += 1),
  );
  const waiting = iterator.next();
  await Promise.resolve();
  await iterator.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  await iterator.return();
  expect([ended, aborted]).toEqual([1, true]);
});

test('pulls one at a time, in order', async () => {
  let running = 0;
  let number = 0;
  const iterator = liveIterator(async () => {
    running += 1;
    expect(running).toBe(1);
    await Promise.resolve();
    running -= 1;
    return (number += 1);
  });
  const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
  expect(results.map(({ value }) => value)).toEqual([1, 2, 3]);
});

test('a pull that fails ends it', async () => {
  let ended = 0;
  const iterator = liveIterator<number>(
    () => Promise.reject(new Error('broken')),
    () => (ended += 1),
  );
  await expect(iterator.next()).rejects.toThrow('broken');
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(ended).toBe(1);
});

test('holds nothing of the pulls behind it', async () => {
  let signal: AbortSignal | undefined;
  const iterator = liveIterator(async (given) => {
    signal = given;
    return 1;
  });
  for (let number = 0; number < 100; number += 1) await iterator.next();
  expect(signal && getEventListeners(signal, 'abort')).toEqual([]);
});
