import { setTimeout as delay } from 'node:timers/promises';

/** Waits; returns early, without an error, when `signal` is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  // The abort is the only thing that can reject here, and being woken is what the caller asked for.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** Waits for `promise`, for `ms` milliseconds at most; false when it took longer. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const done = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = delay(ms, false, { signal: done.signal }).catch(() => false);
  try {
    return await Promise.race([settled, late]);
  } finally {
    done.abort();
  }
}

/** Serialises work by key: a later caller of the same key starts when the earlier one is through, however that ended. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
