import type { Logger } from '../logger.js';
import { sleep } from '../waiting.js';

const PAUSE_MS_MIN = 50;
/** Short beside any lease term: a job in a lost answer is this runner's already, and lost when nobody asks for it again in time. */
const PAUSE_MS_MAX = 2_000;

/**
 * Knows whether the control plane can be reached, and paces those who try again. One successful call of anybody wakes everybody who
 * waits, so that a result is reported the moment the control plane is back.
 */
export class Connection {
  readonly #logger: Logger;
  #awaySinceMs: number | undefined;
  #woken = new AbortController();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Milliseconds since the last contact when it can't be reached, else 0. */
  awayMs(): number {
    return this.#awaySinceMs === undefined ? 0 : Date.now() - this.#awaySinceMs;
  }

  reached(): void {
    if (this.#awaySinceMs === undefined) return;
    this.#logger.info({ awayMs: this.awayMs() }, 'The control plane is back.');
    this.#awaySinceMs = undefined;
    this.#woken.abort();
    this.#woken = new AbortController();
  }

  missed(cause: string): void {
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = Date.now();
    this.#logger.warn({ cause }, 'The control plane can not be reached; running actions go on.');
  }

  /**
   * Waits before try number `attempt` (from 1) is repeated: exponential with jitter, cut short when the control plane is back.
   *
   * @param longestMs - at most so long, where the caller can't wait {@link PAUSE_MS_MAX}.
   */
  async pause(attempt: number, signal: AbortSignal, longestMs = PAUSE_MS_MAX): Promise<void> {
    const ceiling = Math.min(longestMs, PAUSE_MS_MIN * 2 ** Math.min(attempt, 10));
    await sleep(PAUSE_MS_MIN, signal);
    if (signal.aborted) return;
    await sleep(Math.random() * ceiling, AbortSignal.any([signal, this.#woken.signal]));
  }
}
