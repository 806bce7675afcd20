import type { Connection } from './connection.js';
import { Refused, Unreachable } from './control-plane.js';

/**
 * A control plane that has just started may not know a job's token yet. Only when it has refused it for so long, which is longer than a
 * lease lasts, is it believed: work must not be thrown away for a moment's ignorance.
 */
const DOUBT_MS = 60_000;

/** Repeats a call until the control plane answers it, whatever the answer; ends with the signal's reason when that is aborted. */
export async function persistently<T>(connection: Connection, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  let refusedSinceMs: number | undefined;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      refusedSinceMs ??= Date.now();
      if (error instanceof Unreachable) refusedSinceMs = undefined;
      else if (!isTokenRefused(error) || Date.now() - refusedSinceMs >= DOUBT_MS) throw error;
      signal.throwIfAborted();
      await connection.pause(attempt, signal);
    }
  }
}

function isTokenRefused(error: unknown): boolean {
  return error instanceof Refused && (error.status === 401 || error.status === 403);
}
