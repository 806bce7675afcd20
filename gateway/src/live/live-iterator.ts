import type { LiveIterator } from '../ports.js';

/**
 * An iterator over what `pull` returns, until it returns undefined. `return()` calls `end` at once, also while `pull` waits: an async
 * generator would keep its listener until its next event.
 *
 * @param pull - the next value; called once at a time; must come back when the signal is aborted.
 */
export function liveIterator<T>(
  pull: (signal: AbortSignal) => Promise<T | undefined>,
  end?: () => void,
): LiveIterator<T> {
  const ending = new AbortController();
  const stop = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    end?.();
  };
  let tail: Promise<unknown> = Promise.resolve();
  const pullOrEnd = (): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      // Taken off again after each pull: a promise that lives as long as the iterator would remember every race.
      const ended = (): void => resolve(undefined);
      ending.signal.addEventListener('abort', ended, { once: true });
      pull(ending.signal)
        .finally(() => ending.signal.removeEventListener('abort', ended))
        .then(resolve, reject);
    });
  const once = async (): Promise<IteratorResult<T, undefined>> => {
    if (ending.signal.aborted) return { done: true, value: undefined };
    try {
      const value = await pullOrEnd();
      if (value !== undefined && !ending.signal.aborted) return { done: false, value };
    } catch (error) {
      stop();
      throw error;
    }
    stop();
    return { done: true, value: undefined };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const result = tail.then(once, once);
      tail = result.catch(() => undefined);
      return result;
    },
    async return() {
      stop();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      stop();
      throw error;
    },
  } as LiveIterator<T>;
}
