import type { Clock, Ids, Timers } from './ports.js';

/** Time that only a test moves. */
export interface FakeTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Timers that wait. */
  readonly armed: number;
  /**
   * Moves on, calling what is due on the way in its order, at its time. After each call promises and the event loop have their turn, so
   * that what the callback set off can arm timers of its own.
   */
  advance(ms: number): Promise<void>;
  advanceTo(instant: string): Promise<void>;
}

interface ArmedTimer {
  readonly dueAtMs: number;
  readonly callback: () => void;
}

/** @param start - ISO 8601; default noon of a day in November. */
export function fakeTime(start = '2026-11-24T12:00:00.000Z'): FakeTime {
  let nowMs = Date.parse(start);
  const armed = new Set<ArmedTimer>();
  const arm = (dueAtMs: number, callback: () => void) => {
    const timer = { dueAtMs, callback };
    armed.add(timer);
    return { cancel: () => void armed.delete(timer) };
  };
  const nextDue = (untilMs: number): ArmedTimer | undefined => {
    let next: ArmedTimer | undefined;
    for (const timer of armed)
      if (timer.dueAtMs <= untilMs && (next === undefined || timer.dueAtMs < next.dueAtMs)) next = timer;
    return next;
  };
  const moveTo = async (untilMs: number): Promise<void> => {
    for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
      armed.delete(timer);
      nowMs = Math.max(nowMs, timer.dueAtMs);
      timer.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    nowMs = Math.max(nowMs, untilMs);
  };
  return {
    clock: { now: () => new Date(nowMs).toISOString(), nowMs: () => nowMs },
    timers: { at: arm, after: (delayMs, callback) => arm(nowMs + Math.max(delayMs, 0), callback) },
    get armed() {
      return armed.size;
    },
    advance: (ms) => moveTo(nowMs + ms),
    advanceTo: (instant) => moveTo(Date.parse(instant)),
  };
}

/** Identifiers that are the same in every run. */
export function fakeIds(): Ids {
  let number = 0;
  const digits = (length: number): string => (number += 1).toString(16).padStart(length, '0');
  return { uuid: () => `00000000-0000-4000-8000-${digits(12)}`, nonce: () => digits(32) };
}
