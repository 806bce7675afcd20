import type { RecordedEvent } from '../event-store.js';

/** Bounds of what is kept for live readers: whoever falls further behind reads the file. */
export interface RecentEventsLimits {
  readonly eventsMax: number;
  /** Of JSON; the objects take about three times as much. */
  readonly bytesMax: number;
}

/** The newest events as objects, so that a dozen live readers neither query SQLite nor parse JSON. Positions are dense here. */
export class RecentEvents {
  private events: RecordedEvent[] = [];
  private sizes: number[] = [];
  /** Index of the oldest event that still counts; what is before it is cut off from time to time. */
  private start = 0;
  private bytes = 0;

  constructor(
    /** Position of the newest event, in here or not. */
    private last: number,
    private readonly limits: RecentEventsLimits,
  ) {}

  get lastPosition(): number {
    return this.last;
  }

  add(event: RecordedEvent, bytes: number): void {
    this.events.push(event);
    this.sizes.push(bytes);
    this.bytes += bytes;
    this.last = Number(event.position);
    while (this.events.length - this.start > this.limits.eventsMax || this.bytes > this.limits.bytesMax)
      this.forgetOldest();
    if (this.start > this.limits.eventsMax) this.compact();
  }

  /** The events after a position, `limit` at most; undefined when some of them are no longer here. */
  after(position: number, limit: number): readonly RecordedEvent[] | undefined {
    const oldest = this.last - (this.events.length - this.start) + 1;
    if (position < oldest - 1) return undefined;
    const from = this.start + (position - oldest + 1);
    return this.events.slice(from, from + limit);
  }

  private forgetOldest(): void {
    this.bytes -= this.sizes[this.start] ?? 0;
    this.start += 1;
  }

  private compact(): void {
    this.events = this.events.slice(this.start);
    this.sizes = this.sizes.slice(this.start);
    this.start = 0;
  }
}
