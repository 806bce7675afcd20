import type { Connection } from './connection.js';
import { Unreachable } from './control-plane.js';

/** Repeats a call until the control plane answers it, whatever the answer; ends with the signal's reason when that is aborted. */
export async function persistently<T>(connection: Connection, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      signal.throwIfAborted();
      await connection.pause(attempt, signal);
    }
  }
}
