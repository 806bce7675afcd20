import { EXIT, Failure, isFailure, sentenceOf } from '../failure.js';
import type { Output } from '../output/output.js';
import { duration } from '../output/values.js';

/** The demo's steps: each is announced, timed, and ends within a limit, or the demo ends with a sentence that names it. */
export class Steps {
  #number = 0;
  readonly #startedMs = performance.now();

  constructor(
    private readonly output: Output,
    private readonly interrupted: AbortSignal,
  ) {}

  get elapsed(): string {
    return duration(performance.now() - this.#startedMs);
  }

  async run<T>(title: string, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { style } = this.output;
    this.#number += 1;
    const startedMs = performance.now();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error(`it took longer than ${duration(limitMs)}`)), limitMs);
    const signal = AbortSignal.any([this.interrupted, limit.signal]);
    await this.output.line(`\n${style.bold(`${this.#number}  ${title}`)}`);
    try {
      const result = await Promise.race([work(signal), rejected(signal)]);
      await this.output.line(`   ${style.green('✔')} ${style.dim(duration(performance.now() - startedMs))}`);
      return result;
    } catch (error) {
      this.interrupted.throwIfAborted();
      const cause = limit.signal.aborted ? limit.signal.reason : error;
      throw new Failure(EXIT.failed, 'DEMO_FAILED', `Step ${this.#number}, "${title}", failed: ${sentenceOf(cause)}`, {
        ...(isFailure(error) ? error.details : {}),
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Also what does not look at its signal must not hold the demo up. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** What the demo is there to show. */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Failure(EXIT.failed, 'NOT_AS_EXPECTED', otherwise);
}
