import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OnProgress } from '@millrace/contracts/maintenance';

const TELL_EVERY_MS = 100;

/** What long work has around it: whom to tell, and when to end. */
export interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Tells a listener at most ten times a second; the end of a step always. */
export function throttled(onProgress: OnProgress): OnProgress {
  let last = { step: '', atMs: -Infinity };
  return (progress) => {
    const atMs = performance.now();
    const isNews = progress.step !== last.step || progress.done === progress.of;
    if (!isNews && atMs - last.atMs < TELL_EVERY_MS) return;
    last = { step: progress.step, atMs };
    onProgress(progress);
  };
}

/**
 * Between two pieces of work: signals and timers have their turn.
 *
 * @throws the signal's reason.
 */
export async function breathe({ signal }: Pick<Work, 'signal'>): Promise<void> {
  signal.throwIfAborted();
  await nextTurn();
  signal.throwIfAborted();
}
