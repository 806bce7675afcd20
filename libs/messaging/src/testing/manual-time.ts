import type { Clock, Timer, Timers } from '@millrace/runtime';

/** A clock that the test moves, and timers that go by it. Nothing fires by itself. */
export class ManualTime implements Clock, Timers {
  #nowMs: number;
  #armed: { readonly dueAtMs: number; readonly callback: () => void }[] = [];

  constructor(now: string) {
    this.#nowMs = Date.parse(now);
  }

  now(): string {
    return new Date(this.#nowMs).toISOString();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(dueAtMs: number, callback: () => void): Timer {
    const armed = { dueAtMs, callback };
    this.#armed.push(armed);
    // As the system's: a time that has passed fires soon, but never at once.
    if (dueAtMs <= this.#nowMs) queueMicrotask(() => this.#fire());
    return { cancel: () => (this.#armed = this.#armed.filter((other) => other !== armed)) };
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.at(this.#nowMs + delayMs, callback);
  }

  get armed(): number {
    return this.#armed.length;
  }

  moveTo(instant: string): void {
    this.#nowMs = Date.parse(instant);
    this.#fire();
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    this.#fire();
  }

  #fire(): void {
    const due = this.#armed.filter(({ dueAtMs }) => dueAtMs <= this.#nowMs);
    this.#armed = this.#armed.filter(({ dueAtMs }) => dueAtMs > this.#nowMs);
    for (const { callback } of due) callback();
  }
}
