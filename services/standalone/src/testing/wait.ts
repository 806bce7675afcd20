import { setTimeout as pause } from 'node:timers/promises';

/** Generous: the machines that run the tests have two cores and other work. */
export const PATIENCE_MS = 60_000;
const PAUSE_MS = 25;

/**
 * Asks again and again until there is an answer.
 *
 * @param wanted - what is waited for, for the message.
 * @param read - undefined or false: not yet.
 * @throws Error after `withinMs`, naming what was waited for.
 */
export async function until<T>(
  wanted: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const found = await read();
    if (found !== undefined && found !== false) return found;
    if (Date.now() >= endMs) throw new Error(`Waited ${withinMs} ms in vain for ${wanted}.`);
    await pause(PAUSE_MS);
  }
}
