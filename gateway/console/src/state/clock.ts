import { useSyncExternalStore } from 'react';
import { serverClockAheadMs } from '../api/client.js';

const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
let now = 0;

function tick(): void {
  now = Date.now() + serverClockAheadMs();
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(tick, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The platform's time, ms, once a second from one clock: all ages of a screen tick together. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => {
    if (ticking === undefined || now === 0) now = Math.floor((Date.now() + serverClockAheadMs()) / 1_000) * 1_000;
    return now;
  });
}
