import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import { OperationalError, type Clock, type Timer, type Timers } from '@millrace/runtime';
import {
  attempt,
  ATTEMPTS_MAX,
  CONCURRENCY_MAX,
  keyOf,
  retryAfterMs,
  UNDONE_MAX,
  WAITS_BEHIND,
  type Failure,
} from '../attempts.js';
import type { ConsumerOptions, Message, MessageHandler, ParkedMessage, Subscription } from '../messages.js';
import type { ConsumerPositions } from './positions.js';
import { Progress } from './progress.js';

/** Before the log is followed anew after it could not be read. */
const READ_AGAIN_AFTER_MS = 1_000;

export interface ConsumerSurroundings {
  readonly store: EventStore;
  readonly positions: ConsumerPositions;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The position has moved, by so many messages handled: it is to be stored some time soon. */
  readonly moved: (messages: number) => void;
  /** What failed beside the messages themselves; the consumer goes on. */
  readonly onError?: (error: unknown) => void;
  readonly onParked?: (message: Omit<ParkedMessage, 'id'>) => void;
}

interface Task {
  readonly message: Message;
  readonly entry: ReturnType<Progress['begin']>;
}

/** The messages of one key that are not done, in order; the first is being handled or waits for another attempt. */
interface Lane {
  readonly key: string;
  readonly tasks: Task[];
  attempts: number;
}

/** One consumer: reads the log at its own pace, hands messages out by key, knows how far everything is done. */
export class Consumer implements Subscription {
  readonly name: string;
  private readonly progress: Progress;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly lanes = new Map<string, Lane>();
  private readonly ready: Lane[] = [];
  private readonly parkedKeys: Set<string>;
  private readonly settled: Set<Position>;
  private readonly retries = new Map<string, Promise<void>>();
  private readonly pauses = new Map<Timer, () => void>();
  private readonly stopping = new AbortController();
  private readonly reading: Promise<void>;
  private waiters: { readonly position: Position; readonly resolve: () => void }[] = [];
  private running = 0;
  /** Called when something has become done: the reader may go on, or the stop is complete. */
  private onRelease: (() => void) | undefined;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly handler: MessageHandler,
    private readonly surroundings: ConsumerSurroundings,
    start: Position,
  ) {
    this.name = options.name;
    this.progress = new Progress(start);
    this.types = options.eventTypes === undefined ? undefined : new Set(options.eventTypes);
    this.parkedKeys = new Set(surroundings.positions.parkedKeys(options.name));
    this.settled = new Set(surroundings.positions.settledPositions(options.name));
    this.reading = this.read();
  }

  get position(): Position {
    return this.progress.position;
  }

  get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  reached(position: Position): Promise<void> {
    if (this.position >= position) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ position, resolve }));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const [pause, go] of this.pauses) {
      pause.cancel();
      go();
    }
    this.pauses.clear();
    this.release();
    await this.reading;
    await Promise.allSettled(this.retries.values());
    while (this.running > 0) await this.released();
  }

  /** Handles a key's parked messages, then what was parked behind them meanwhile. */
  retryKey(key: string): Promise<void> {
    const under = this.retries.get(key);
    if (under !== undefined) return under;
    const retry = this.handleParked(key).finally(() => this.retries.delete(key));
    this.retries.set(key, retry);
    return retry;
  }

  private async read(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.follow();
        // The store has closed, or the consumer stops.
        return;
      } catch (error) {
        this.surroundings.onError?.(error);
        await new Promise<void>((resolve) => this.pause(READ_AGAIN_AFTER_MS, resolve));
      }
    }
  }

  private async follow(): Promise<void> {
    const { categories } = this.options;
    const batches = this.surroundings.store.subscribe({
      after: this.progress.readPosition,
      categories,
      signal: this.stopping.signal,
    });
    for await (const { events, checkpoint } of batches) {
      for (const event of events) this.take(event);
      this.progress.read(checkpoint);
      this.passed(0);
      this.start();
      while (this.progress.undone >= UNDONE_MAX && !this.stopped) await this.released();
    }
  }

  private take(event: RecordedEvent): void {
    if (this.types?.has(event.type) === false || this.settled.delete(event.position)) return;
    const key = keyOf(event);
    const task = { message: { event, key }, entry: this.progress.begin(event.position) };
    const lane = this.lanes.get(key);
    if (lane !== undefined) {
      lane.tasks.push(task);
      return;
    }
    const opened = { key, tasks: [task], attempts: 0 };
    this.lanes.set(key, opened);
    this.ready.push(opened);
  }

  private start(): void {
    const concurrencyMax = this.options.concurrencyMax ?? CONCURRENCY_MAX;
    while (this.running < concurrencyMax && !this.stopped) {
      const lane = this.ready.shift();
      if (lane === undefined) return;
      this.running += 1;
      void this.handleNext(lane);
    }
  }

  private async handleNext(lane: Lane): Promise<void> {
    const [task] = lane.tasks;
    if (task === undefined) throw new Error(`Key ${lane.key} has nothing to do.`);
    if (this.parkedKeys.has(lane.key)) this.parkBehind(lane);
    else await this.handle(lane, task);
    this.running -= 1;
    this.start();
    this.release();
  }

  private async handle(lane: Lane, task: Task): Promise<void> {
    lane.attempts += 1;
    const failure = await attempt(this.handler, task.message);
    if (failure === undefined) this.finish(lane, task);
    else if (failure.isOfTheWorld || lane.attempts < ATTEMPTS_MAX) this.again(lane);
    else this.parkFirst(lane, task, failure);
  }

  private finish(lane: Lane, task: Task): void {
    lane.tasks.shift();
    lane.attempts = 0;
    if (lane.tasks.length > 0) this.ready.push(lane);
    else this.lanes.delete(lane.key);
    this.progress.end(task.entry);
    this.passed(1);
  }

  private again(lane: Lane): void {
    this.pause(retryAfterMs(lane.attempts), () => {
      this.ready.push(lane);
      this.start();
    });
  }

  /** From here on the key is parked, with all that follows on it. */
  private parkFirst(lane: Lane, task: Task, failure: Failure): void {
    if (!this.park(task.message, lane.attempts, failure.cause)) return this.again(lane);
    this.parkedKeys.add(lane.key);
    this.finish(lane, task);
  }

  private parkBehind(lane: Lane): void {
    for (const task of lane.tasks.slice()) {
      if (!this.park(task.message, 0, WAITS_BEHIND)) {
        lane.attempts += 1;
        return this.again(lane);
      }
      lane.tasks.shift();
      this.progress.end(task.entry);
    }
    this.lanes.delete(lane.key);
    this.passed(1);
  }

  /** False when it could not be stored: then the message must stay where it is. */
  private park({ event, key }: Message, attempts: number, cause: string): boolean {
    const { positions, clock, onParked, onError } = this.surroundings;
    const message = {
      consumer: this.name,
      key,
      position: event.position,
      eventId: event.metadata.id,
      eventType: event.type,
      cause,
      attempts,
      parkedAt: clock.now(),
    };
    try {
      positions.park(message);
    } catch (error) {
      onError?.(error);
      return false;
    }
    onParked?.(message);
    return true;
  }

  private async handleParked(key: string): Promise<void> {
    const { positions } = this.surroundings;
    for (
      let parked = positions.firstParked(this.name, key);
      parked !== undefined;
      parked = positions.firstParked(this.name, key)
    ) {
      const result = await this.attemptParked(parked);
      if (result === 'stopped') return;
      if (result !== 'handled') return positions.failedAgain(parked, result.cause, parked.attempts + result.attempts);
      this.settle(parked);
    }
    this.parkedKeys.delete(key);
  }

  /** Remembered until the stored position has passed it. */
  settle(parked: ParkedMessage): void {
    this.surroundings.positions.settle(parked);
    this.surroundings.moved(1);
  }

  private async attemptParked(
    parked: ParkedMessage,
  ): Promise<'handled' | 'stopped' | (Failure & { readonly attempts: number })> {
    const event = await this.eventAt(parked.position);
    for (let attempts = 1; ; attempts += 1) {
      const failure = await attempt(this.handler, { event, key: parked.key });
      if (failure === undefined) return 'handled';
      if (this.stopped) return 'stopped';
      if (!failure.isOfTheWorld && attempts >= ATTEMPTS_MAX) return { ...failure, attempts };
      await new Promise<void>((resolve) => this.pause(retryAfterMs(attempts), resolve));
      if (this.stopped) return 'stopped';
    }
  }

  private async eventAt(position: Position): Promise<RecordedEvent> {
    const { events } = await this.surroundings.store.readAll({ after: position - 1n, limit: 1 });
    const [event] = events;
    if (event?.position === position) return event;
    throw new OperationalError(`The log has no event at position ${position}.`, {
      retryable: false,
      code: 'NOT_PARKED',
    });
  }

  private pause(delayMs: number, callback: () => void): void {
    if (this.stopped) return callback();
    const timer = this.surroundings.timers.after(delayMs, () => {
      this.pauses.delete(timer);
      callback();
    });
    this.pauses.set(timer, callback);
  }

  private passed(messages: number): void {
    this.surroundings.moved(messages);
    if (this.waiters.length === 0) return;
    const { position } = this;
    const there = this.waiters.filter((waiter) => waiter.position <= position);
    this.waiters = this.waiters.filter((waiter) => waiter.position > position);
    for (const { resolve } of there) resolve();
  }

  private released(): Promise<void> {
    return new Promise((resolve) => (this.onRelease = resolve));
  }

  private release(): void {
    const { onRelease } = this;
    this.onRelease = undefined;
    onRelease?.();
  }
}
