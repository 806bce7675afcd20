import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../testing/api.js';
import type { PlatformProcess } from '../testing/platform-process.js';

/** Codes that say: later, by the same words. */
const LATER: readonly string[] = ['UNAVAILABLE', 'NOT_YET_VISIBLE'];
const PAUSE_MS = 50;

/** Somebody who asks again until there is an answer, and who starts a platform that lies on the ground. */
export class StubbornClient {
  private restarts = 0;

  constructor(private readonly platform: PlatformProcess) {}

  /** How often the platform had to be started again. */
  get startedAgain(): number {
    return this.restarts;
  }

  /** @throws Error when there is no answer within `withinMs`. */
  async persist<T>(what: string, ask: () => Promise<T>, withinMs = 90_000): Promise<T> {
    const endMs = Date.now() + withinMs;
    for (;;) {
      try {
        await this.up();
        return await ask();
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (Date.now() >= endMs) throw new Error(`No answer to ${what} within ${withinMs} ms.`, { cause: error });
        await pause(PAUSE_MS);
      }
    }
  }

  /** Starts the platform where it has ended; it may end again while it starts. */
  private async up(): Promise<void> {
    while (this.platform.hasEnded()) {
      const { signal } = await this.platform.ended();
      if (signal !== 'SIGKILL') throw new Error(`The platform ended by itself:\n${await this.platform.logTail()}`);
      this.restarts += 1;
      await this.platform.start();
    }
  }
}

/** The platform is on the ground, or says itself that it will do later. */
function isPassing(error: unknown): boolean {
  if (!Error.isError(error)) return false;
  if (error instanceof ApiError) return error.code !== undefined && LATER.includes(error.code);
  // What fetch says of a connection that broke or was not made.
  return error.name === 'TypeError' && error.message === 'fetch failed' ? true : error.message === 'terminated';
}
