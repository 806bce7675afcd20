import type { Timers } from '@millrace/runtime';
import type { LiveIterator } from '../ports.js';
import { liveIterator } from './live-iterator.js';

export interface Recheck<T> {
  /** What the item is shown with and no event tells of, as text; undefined where there is no such thing. */
  readonly look: (item: T) => string | undefined;
  readonly everyMs: number;
  readonly timers: Timers;
}

/** A source of the states of one thing. The last one comes again when what it is shown with has changed meanwhile. */
export function rechecked<T>(source: LiveIterator<T>, recheck: Recheck<T>): LiveIterator<T> {
  const states = new RecheckedStates(source, recheck);
  return liveIterator(
    (signal) => states.next(signal),
    () => void source.return(),
  );
}

class RecheckedStates<T> {
  #last: { readonly item: T; readonly seen: string | undefined } | undefined;
  /** Whether the source was asked and has not answered yet. */
  #asked = false;
  #answer: IteratorResult<T, undefined> | undefined;
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(
    private readonly source: LiveIterator<T>,
    private readonly recheck: Recheck<T>,
  ) {}

  async next(signal: AbortSignal): Promise<T | undefined> {
    while (!signal.aborted) {
      if (!this.#asked) this.#ask();
      await this.#wakeUp();
      if (this.#failure !== undefined) throw this.#failure;
      const item = this.#answer === undefined ? this.#again() : this.#answered(this.#answer);
      if (item !== undefined || this.#answer?.done === true) return item;
    }
    return undefined;
  }

  /** Listened to once, however often the clock strikes before the answer: a promise remembers every race. */
  #ask(): void {
    this.#asked = true;
    this.#answer = undefined;
    this.source
      .next()
      .then((answer) => (this.#answer = answer))
      .catch((error: unknown) => (this.#failure = error))
      .finally(() => this.#wake());
  }

  async #wakeUp(): Promise<void> {
    if (this.#answer !== undefined || this.#failure !== undefined) return;
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const { timers, everyMs } = this.recheck;
    const timer = this.#last?.seen === undefined ? undefined : timers.after(everyMs, woken.resolve);
    await woken.promise;
    timer?.cancel();
  }

  #answered(answer: IteratorResult<T, undefined>): T | undefined {
    if (answer.done === true) return undefined;
    this.#asked = false;
    this.#answer = undefined;
    this.#last = { item: answer.value, seen: this.recheck.look(answer.value) };
    return answer.value;
  }

  #again(): T | undefined {
    if (this.#last === undefined) return undefined;
    const { item, seen: before } = this.#last;
    const seen = this.recheck.look(item);
    this.#last = { item, seen };
    return seen === before ? undefined : item;
  }
}
