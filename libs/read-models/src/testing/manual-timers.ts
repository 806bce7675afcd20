import type { Timer, Timers } from '@millrace/runtime';

/** Time that the test moves. Nothing fires by itself. */
export class ManualTimers implements Timers {
  private nowMs = 0;
  private armed: { readonly dueAtMs: number; readonly callback: () => void }[] = [];

  at(dueAtMs: number, callback: () => void): Timer {
    const entry = { dueAtMs, callback };
    this.armed.push(entry);
    return { cancel: () => (this.armed = this.armed.filter((other) => other !== entry)) };
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.at(this.nowMs + delayMs, callback);
  }

  get waiting(): number {
    return this.armed.length;
  }

  advance(byMs: number): void {
    this.nowMs += byMs;
    const due = this.armed.filter(({ dueAtMs }) => dueAtMs <= this.nowMs);
    this.armed = this.armed.filter(({ dueAtMs }) => dueAtMs > this.nowMs);
    for (const { callback } of due) callback();
  }
}
