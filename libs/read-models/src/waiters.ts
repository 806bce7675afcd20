import type { Position } from '@millrace/event-store';
import type { Timer, Timers } from '@millrace/runtime';

interface Waiter {
  readonly position: Position;
  readonly settle: (reached: boolean) => void;
}

/** Those who wait for a position. Nobody looks at a clock: who moves the checkpoint says so. */
export class Waiters {
  private readonly waiting = new Set<Waiter>();

  constructor(private readonly timers: Timers) {}

  wait(position: Position, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const waiter: Waiter = {
        position,
        settle: (reached) => {
          timer?.cancel();
          this.waiting.delete(waiter);
          resolve(reached);
        },
      };
      this.waiting.add(waiter);
      timer = this.timers.after(timeoutMs, () => waiter.settle(false));
    });
  }

  passed(checkpoint: Position): void {
    for (const waiter of this.waiting) if (waiter.position <= checkpoint) waiter.settle(true);
  }

  giveUp(): void {
    for (const waiter of this.waiting) waiter.settle(false);
  }
}
