import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffOptions {
  /** Of the first pause. */
  readonly firstMs: number;
  /** Of any pause. */
  readonly mostMs: number;
}

/** Pauses that double up to a bound, each shortened by up to half at random, so that many clients do not come back at one instant. */
export class Backoff {
  #nextMs: number;

  constructor(private readonly options: BackoffOptions) {
    this.#nextMs = options.firstMs;
  }

  reset(): void {
    this.#nextMs = this.options.firstMs;
  }

  /** Rejects with the signal's reason when that is aborted meanwhile. */
  async pause(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.options.mostMs);
    await sleep(ms, undefined, { signal });
  }
}
