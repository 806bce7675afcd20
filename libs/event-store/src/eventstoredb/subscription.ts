import { CATEGORIES, type Category } from '@millrace/contracts';
import { isOperational, type OperationalError, type Timer, type Timers } from '@millrace/runtime';
import {
  SUBSCRIPTION_BATCH_DEFAULT,
  type EventBatch,
  type Position,
  type RecordedEvent,
  type SubscribeOptions,
} from '../event-store.js';
import type { Connection } from './connection.js';
import { refusalOf, unavailable } from './failures.js';
import { LiveFeed } from './live-feed.js';
import type { LogReads } from './log-reads.js';
import { toRecorded } from './stored-event.js';

const DONE: IteratorResult<EventBatch> = { done: true, value: undefined };
/** Pause before the engine is tried again: doubled each time. */
const RETRY_MS = { first: 100, max: 5_000 };

/** What a subscription needs of its store. */
export interface SubscriptionSource {
  readonly connection: Connection;
  readonly reads: LogReads;
  readonly timers: Timers;
  readonly quietMs: number;
  readonly onUnavailable: (error: OperationalError) => void;
  readonly ended: (subscription: EventStoreDbSubscription) => void;
}

/**
 * The engine's own subscription, opened again from the last position delivered whenever it is lost, for ever.
 *
 * Two things it does not leave to the engine. An event at or below the position is never delivered, whatever is sent. And where nothing
 * has come for a while, it compares its position with the head of the log and reads what lies between: the engine tells how far it has
 * looked only every few hundred events, and a connection may be dead without saying so.
 */
export class EventStoreDbSubscription implements AsyncIterableIterator<EventBatch> {
  private position: Position;
  private readonly categories: readonly Category[];
  private readonly batchMax: number;
  private feed: LiveFeed | undefined;
  /** Where the log ended when the feed was opened: beyond it, an empty feed means that all was delivered. */
  private liveFrom: Position = 0n;
  private failures = 0;
  private hasEnded = false;
  /** Ends the wait of the moment. */
  private wake: (() => void) | undefined;

  constructor(
    private readonly source: SubscriptionSource,
    private readonly options: SubscribeOptions,
  ) {
    this.position = options.after;
    this.categories = options.categories ?? CATEGORIES;
    this.batchMax = Math.max(1, options.batchMax ?? SUBSCRIPTION_BATCH_DEFAULT);
    if (options.signal.aborted) this.hasEnded = true;
    else options.signal.addEventListener('abort', this.end, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<EventBatch>> {
    try {
      for (;;) {
        if (this.hasEnded) return this.finish();
        const batch = this.take() ?? (await this.advance());
        if (batch !== undefined && !this.hasEnded) return { done: false, value: batch };
      }
    } catch (error) {
      this.finish();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<EventBatch>> {
    this.end();
    return DONE;
  }

  /** Also while it waits. */
  readonly end = (): void => {
    this.finish();
    this.wake?.();
  };

  /** What the feed has brought, if it has brought anything new. */
  private take(): EventBatch | undefined {
    const { feed } = this;
    if (feed === undefined) return undefined;
    const before = this.position;
    const events: RecordedEvent[] = [];
    while (events.length < this.batchMax) {
      const resolved = feed.take();
      if (resolved === undefined) break;
      const event = toRecorded(resolved);
      this.failures = 0;
      if (event.position <= this.position) continue;
      events.push(event);
      this.position = event.position;
    }
    const checkpoint = feed.checkpoint();
    if (checkpoint !== undefined && checkpoint > this.position) this.position = checkpoint;
    if (this.position === before) return undefined;
    return { events, checkpoint: this.position, caughtUp: feed.isEmpty && this.position >= this.liveFrom };
  }

  /** Opens the feed, or waits for it; after a silence it looks for itself. */
  private async advance(): Promise<EventBatch | undefined> {
    try {
      if (this.feed?.hasEnded === true) throw this.feed.failure;
      if (this.feed === undefined) {
        await this.open();
        return undefined;
      }
      return (await this.somethingHappened(this.source.quietMs)) ? undefined : await this.lookForItself();
    } catch (error) {
      await this.recover(error);
      return undefined;
    }
  }

  private async open(): Promise<void> {
    const head = await this.orEnd(this.source.reads.head());
    if (head === undefined) return;
    this.liveFrom = head.position;
    this.feed = new LiveFeed(this.source.connection, { after: this.position, categories: this.categories }, () =>
      this.wake?.(),
    );
  }

  private async lookForItself(): Promise<EventBatch | undefined> {
    if (this.feed?.isOrphaned === true) this.closeFeed();
    const head = await this.orEnd(this.source.reads.headSeenWithin(this.source.quietMs));
    this.failures = 0;
    if (head === undefined || head.position <= this.position) return undefined;
    const { position, categories, batchMax } = this;
    const batch = await this.orEnd(this.source.reads.readPage(position, categories, batchMax));
    if (batch === undefined) return undefined;
    // What the feed should have brought by now it has not: it may be dead.
    if (batch.events.length > 0) this.closeFeed();
    this.position = batch.checkpoint;
    return { ...batch, caughtUp: batch.checkpoint >= head.position };
  }

  /** @throws what a repeat does not change. */
  private async recover(error: unknown): Promise<void> {
    this.closeFeed();
    const refusal = refusalOf(error);
    if (refusal !== undefined) throw refusal;
    if (isOperational(error) && !error.retryable) throw error;
    this.source.onUnavailable(isOperational(error) ? error : unavailable(error));
    const pauseMs = Math.min(RETRY_MS.first * 2 ** this.failures, RETRY_MS.max);
    this.failures += 1;
    await this.somethingHappened(pauseMs);
  }

  /** False when the time has passed. */
  private somethingHappened(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.hasEnded) {
        resolve(true);
        return;
      }
      const settle = (happened: boolean): void => {
        timer.cancel();
        this.wake = undefined;
        resolve(happened);
      };
      const timer: Timer = this.source.timers.after(withinMs, () => settle(false));
      this.wake = () => settle(true);
    });
  }

  /** Undefined when the subscription has ended meanwhile. */
  private orEnd<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      if (this.hasEnded) resolve(undefined);
      const settle = (outcome: () => void): void => {
        this.wake = undefined;
        outcome();
      };
      this.wake = () => {
        if (this.hasEnded) settle(() => resolve(undefined));
      };
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error as Error)),
      );
    });
  }

  private closeFeed(): void {
    this.feed?.close();
    this.feed = undefined;
  }

  private finish(): IteratorResult<EventBatch> {
    this.hasEnded = true;
    this.closeFeed();
    this.options.signal.removeEventListener('abort', this.end);
    this.source.ended(this);
    return DONE;
  }
}
