import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Ids, Timer, Timers } from './ports.js';

/** Asked for several times a millisecond under load; made as text once. */
let textOf = { ms: Number.NaN, text: '' };

function now(): string {
  const ms = Date.now();
  if (ms !== textOf.ms) textOf = { ms, text: new Date(ms).toISOString() };
  return textOf.text;
}

export const systemClock: Clock = { now, nowMs: () => Date.now() };

export const systemIds: Ids = { uuid: () => randomUUID(), nonce: () => randomBytes(16).toString('hex') };

/** `setTimeout` takes at most 2^31 - 1 ms; a day is well below. */
const STEP_MS_MAX = 24 * 60 * 60 * 1000;

function arm(dueAtMs: number, callback: () => void): Timer {
  let handle: NodeJS.Timeout;
  const step = (): void => {
    const remainingMs = dueAtMs - Date.now();
    if (remainingMs <= 0) return callback();
    handle = setTimeout(step, Math.min(remainingMs, STEP_MS_MAX));
    handle.unref();
  };
  handle = setTimeout(step, Math.min(Math.max(dueAtMs - Date.now(), 0), STEP_MS_MAX));
  handle.unref();
  return { cancel: () => clearTimeout(handle) };
}

export const systemTimers: Timers = { at: arm, after: (delayMs, callback) => arm(Date.now() + delayMs, callback) };
