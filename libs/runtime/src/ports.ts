/** The present. Domain and application code know no other (design, section 8). */
export interface Clock {
  /** ISO 8601 UTC text with milliseconds. */
  now(): string;
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

export interface Ids {
  /** A random UUID (version 4). */
  uuid(): string;
  /** Unguessable text: 128 random bits, lower-case hex. */
  nonce(): string;
}

/** A timer that was armed. */
export interface Timer {
  cancel(): void;
}

/**
 * Wakes the process up; nothing more. A deadline itself lives in the log (docs/decisions/0016), so a timer that is lost costs nothing.
 */
export interface Timers {
  /**
   * Calls `callback` once, not before `dueAt`. Any distance is allowed: adapters re-arm in bounded steps, since `setTimeout`
   * beyond 2^31 ms fires at once. Never keeps the process alive.
   */
  at(dueAtMs: number, callback: () => void): Timer;
  /** Calls `callback` once, after `delayMs` (0 or more). */
  after(delayMs: number, callback: () => void): Timer;
}
