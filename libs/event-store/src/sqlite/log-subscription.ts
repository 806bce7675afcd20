import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Category } from '@millrace/contracts';
import { SUBSCRIPTION_BATCH_DEFAULT, type EventBatch, type SubscribeOptions } from '../event-store.js';
import { toBatch, type LogQueries } from './log-queries.js';
import type { RecentEvents } from './recent-events.js';

const DONE: IteratorResult<EventBatch> = { done: true, value: undefined };

/** What a subscription needs of its store. */
export interface LogSource {
  readonly queries: LogQueries;
  readonly recent: Pick<RecentEvents, 'lastPosition' | 'after'>;
  /** Called once after the next append, or when the store closes. */
  readonly wakeUps: Set<() => void>;
  /** Told that a subscription has come to a position and waits. */
  readonly waits?: (position: number) => void;
  readonly closed: () => boolean;
}

/**
 * Pulled, never polled: it waits for the store's own appends. Not an async generator, whose `return()` would wait for the next event
 * before it let go (toolchain, Nest + GraphQL).
 */
export class LogSubscription implements AsyncIterableIterator<EventBatch> {
  private position: number;
  private readonly categories: ReadonlySet<Category> | undefined;
  private readonly batchMax: number;
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly source: LogSource,
    private readonly options: SubscribeOptions,
  ) {
    this.position = Number(options.after);
    this.categories = options.categories === undefined ? undefined : new Set(options.categories);
    this.batchMax = Math.max(1, options.batchMax ?? SUBSCRIPTION_BATCH_DEFAULT);
    if (options.signal.aborted) this.ended = true;
    else options.signal.addEventListener('abort', this.end, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<EventBatch>> {
    for (;;) {
      if (this.ended || this.source.closed()) return this.finish();
      if (this.position >= this.source.recent.lastPosition) {
        await this.nextAppend();
        continue;
      }
      return { done: false, value: this.fromRecent() ?? (await this.fromFile()) };
    }
  }

  async return(): Promise<IteratorResult<EventBatch>> {
    this.end();
    return this.finish();
  }

  private fromRecent(): EventBatch | undefined {
    const events = this.source.recent.after(this.position, this.batchMax);
    if (events === undefined) return undefined;
    this.position += events.length;
    const { categories } = this;
    return {
      events: categories === undefined ? events : events.filter((event) => categories.has(event.category)),
      checkpoint: BigInt(this.position),
      caughtUp: this.position >= this.source.recent.lastPosition,
    };
  }

  private async fromFile(): Promise<EventBatch> {
    // Promises alone would keep a long catch-up in front of all input and output.
    await nextTurn();
    if (this.source.closed()) return { events: [], checkpoint: BigInt(this.position), caughtUp: false };
    const request = { after: this.position, limit: this.batchMax, categories: this.options.categories };
    // Asked once: the owner's thread moves it on meanwhile, and a reader that never catches up would never rest.
    const { lastPosition } = this.source.recent;
    const page = this.source.queries.after(request, lastPosition);
    this.position = page.checkpoint;
    return toBatch(page, this.position >= lastPosition);
  }

  private nextAppend(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      this.source.wakeUps.add(resolve);
      this.source.waits?.(this.position);
    });
  }

  private readonly end = (): void => {
    this.ended = true;
    if (this.wake === undefined) return;
    this.source.wakeUps.delete(this.wake);
    this.wake();
  };

  private finish(): IteratorResult<EventBatch> {
    this.ended = true;
    this.options.signal.removeEventListener('abort', this.end);
    return DONE;
  }
}
