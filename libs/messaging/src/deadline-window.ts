interface Identified {
  readonly id: string;
}

/** A deadline in memory. It is due at `wakeAtMs`: its own due time at first, later after a failed attempt. */
export interface ArmedDeadline<D extends Identified = Identified> {
  readonly deadline: D;
  readonly wakeAtMs: number;
  /** Commands sent so far. */
  readonly attempts: number;
}

/**
 * The nearest of the open deadlines, in the order of their wake-up. It knows all of them up to its horizon; what lies beyond is in the
 * view and comes with the next load, so that millions of open deadlines cost no memory.
 */
export class DeadlineWindow<D extends Identified> {
  /** Sorted by wake-up, then id. Inserting moves at most twice `sizeMax` pointers; in exchange, taking and trimming are trivial. */
  #sorted: ArmedDeadline<D>[] = [];
  readonly #byId = new Map<string, ArmedDeadline<D>>();
  #horizonMs = Number.POSITIVE_INFINITY;

  constructor(readonly sizeMax: number) {}

  get size(): number {
    return this.#sorted.length;
  }

  /** Whether there may be open deadlines that are only in the view. */
  get bounded(): boolean {
    return this.#horizonMs !== Number.POSITIVE_INFINITY;
  }

  /** When the first one wants to wake up, milliseconds since the epoch. */
  get nextWakeAtMs(): number | undefined {
    return this.#sorted[0]?.wakeAtMs;
  }

  get(id: string): ArmedDeadline<D> | undefined {
    return this.#byId.get(id);
  }

  /** Before a load: nothing is known to be beyond. */
  open(): void {
    this.#horizonMs = Number.POSITIVE_INFINITY;
  }

  /** After a load that left documents in the view: what wakes up later than `horizonMs` is not kept. */
  bound(horizonMs: number): void {
    this.#horizonMs = Math.min(this.#horizonMs, horizonMs);
  }

  /** Replaces one of the same id. What lies beyond the horizon is left to the view. */
  put(armed: ArmedDeadline<D>): void {
    this.remove(armed.deadline.id);
    if (armed.wakeAtMs > this.#horizonMs) return;
    this.#sorted.splice(this.#placeOf(armed), 0, armed);
    this.#byId.set(armed.deadline.id, armed);
    if (this.#sorted.length > 2 * this.sizeMax) this.#trim();
  }

  remove(id: string): void {
    const armed = this.#byId.get(id);
    if (armed === undefined) return;
    this.#byId.delete(id);
    this.#sorted.splice(this.#placeOf(armed), 1);
  }

  /** Takes out the first one that is due. */
  takeDue(nowMs: number): ArmedDeadline<D> | undefined {
    const first = this.#sorted[0];
    if (first === undefined || first.wakeAtMs > nowMs) return undefined;
    this.remove(first.deadline.id);
    return first;
  }

  #trim(): void {
    for (const armed of this.#sorted.splice(this.sizeMax)) this.#byId.delete(armed.deadline.id);
    const last = this.#sorted.at(-1);
    if (last !== undefined) this.bound(last.wakeAtMs);
  }

  /** Index of the first one that is not before it. */
  #placeOf(armed: ArmedDeadline<D>): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sorted[middle];
      if (other !== undefined && isBefore(other, armed)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(one: ArmedDeadline, other: ArmedDeadline): boolean {
  if (one.wakeAtMs !== other.wakeAtMs) return one.wakeAtMs < other.wakeAtMs;
  return one.deadline.id < other.deadline.id;
}
