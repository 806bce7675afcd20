import type { Clock, Timer, Timers } from '@millrace/runtime';
import { attempt, ATTEMPTS_MAX, CONCURRENCY_MAX, retryAfterMs, WAITS_BEHIND, type Failure } from '../attempts.js';
import type { ConsumerOptions, Message, MessageHandler, ParkedMessage } from '../messages.js';
import { fromRecord } from './cloud-event.js';
import type { PartitionId } from './group-reader.js';
import type { DeadLetter, ParkedTable } from './parked-table.js';

/** A message that is to be handled by this process as long as it has the partition. */
export interface Task {
  readonly message: Message;
  readonly record: DeadLetter['record'];
  readonly from: PartitionId & { readonly isLost: boolean };
  /** It is handled or parked. */
  readonly done: () => void;
}

export interface KeyLanesOptions {
  readonly consumer: ConsumerOptions;
  readonly handler: MessageHandler;
  readonly table: ParkedTable;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onParked?: (message: Omit<ParkedMessage, 'id'>) => void;
  readonly onError: (error: unknown) => void;
}

/** The messages of one key that are not done, in order; the first is being handled or waits for another attempt. */
interface Lane {
  readonly key: string;
  readonly tasks: Task[];
  attempts: number;
}

/** Hands messages out: one of a key at a time, keys side by side, what fails again, what fails for good set aside with what follows on its key. */
export class KeyLanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly ready: Lane[] = [];
  /** Keys whose messages are being set aside at this moment. */
  private readonly parking = new Map<string, Promise<void>>();
  private readonly retries = new Map<string, Promise<void>>();
  private readonly pauses = new Map<Timer, () => void>();
  private running = 0;
  private onIdle: (() => void) | undefined;
  private isHeld = false;
  private isStopped = false;

  constructor(private readonly options: KeyLanesOptions) {}

  add(task: Task): void {
    const { key } = task.message;
    const lane = this.lanes.get(key);
    if (lane !== undefined) {
      lane.tasks.push(task);
      return;
    }
    const opened = { key, tasks: [task], attempts: 0 };
    this.lanes.set(key, opened);
    this.ready.push(opened);
  }

  /** No handler is begun until `go`. */
  hold(): void {
    this.isHeld = true;
  }

  go(): void {
    this.isHeld = false;
    this.begin();
  }

  begin(): void {
    const concurrencyMax = this.options.consumer.concurrencyMax ?? CONCURRENCY_MAX;
    while (this.running < concurrencyMax && !this.isHeld && !this.isStopped) {
      const lane = this.ready.shift();
      if (lane === undefined) return;
      this.running += 1;
      void this.next(lane);
    }
  }

  /** Handles a key's dead letters again, then what was parked behind them meanwhile, and does what was wanted with them. */
  retryKey(key: string): Promise<void> {
    const under = this.retries.get(key);
    if (under !== undefined) return under;
    const retry = this.handleParked(key).finally(() => this.retries.delete(key));
    this.retries.set(key, retry);
    return retry;
  }

  /** Resolves when no handler runs any more; none is begun. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const [timer, go] of this.pauses) {
      timer.cancel();
      go();
    }
    this.pauses.clear();
    await Promise.allSettled(this.retries.values());
    while (this.running > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private async next(lane: Lane): Promise<void> {
    const [task] = lane.tasks;
    if (task === undefined) throw new Error(`Key ${lane.key} has nothing to do.`);
    // Another process handles it by now.
    if (task.from.isLost) this.finish(lane, task);
    else if (this.options.table.has(this.options.consumer.name, lane.key)) await this.parkBehind(lane);
    else await this.handle(lane, task);
    this.running -= 1;
    this.begin();
    const { onIdle } = this;
    this.onIdle = undefined;
    onIdle?.();
  }

  private async handle(lane: Lane, task: Task): Promise<void> {
    lane.attempts += 1;
    const failure = await attempt(this.options.handler, task.message);
    if (failure === undefined || task.from.isLost) this.finish(lane, task);
    else if (failure.isOfTheWorld || lane.attempts < ATTEMPTS_MAX) this.again(lane);
    else if (await this.park(task, lane.attempts, failure.cause)) this.finish(lane, task);
    else this.again(lane);
  }

  private finish(lane: Lane, task: Task): void {
    lane.tasks.shift();
    lane.attempts = 0;
    if (lane.tasks.length > 0) this.ready.push(lane);
    else this.lanes.delete(lane.key);
    task.done();
  }

  private again(lane: Lane): void {
    this.pause(retryAfterMs(lane.attempts), () => {
      this.ready.push(lane);
      this.begin();
    });
  }

  private async parkBehind(lane: Lane): Promise<void> {
    const parking = Promise.withResolvers<void>();
    this.parking.set(lane.key, parking.promise);
    const [task] = lane.tasks;
    const isParked = task !== undefined && (await this.park(task, 0, WAITS_BEHIND));
    this.parking.delete(lane.key);
    parking.resolve();
    if (isParked) return this.finish(lane, task);
    lane.attempts += 1;
    this.again(lane);
  }

  /** False when it could not be stored: then the message must stay where it is. */
  private async park({ message, record, from }: Task, attempts: number, cause: string): Promise<boolean> {
    const { consumer, table, clock, onParked, onError } = this.options;
    const { event, key } = message;
    const parked = {
      consumer: consumer.name,
      key,
      position: event.position,
      eventId: event.metadata.id,
      eventType: event.type,
      cause,
      attempts,
      parkedAt: clock.now(),
    };
    const { topic, partition } = from;
    try {
      await table.write({ ...parked, id: parkedId(consumer.name, event.position), record, from: { topic, partition } });
    } catch (error) {
      onError(error);
      return false;
    }
    onParked?.(parked);
    return true;
  }

  private async handleParked(key: string): Promise<void> {
    for (;;) {
      const first = this.lettersOf(key).find(({ wanted }) => wanted !== 'drop');
      if (first === undefined) {
        // What is being set aside in this very moment belongs to it too.
        const parking = this.parking.get(key);
        if (parking === undefined) break;
        await parking;
        continue;
      }
      const result = await this.attemptParked(first);
      if (result === 'stopped') return;
      if (result !== 'handled') {
        await this.stored(() => this.options.table.write(unwanted({ ...first, ...result })));
        break;
      }
      await this.stored(() => this.options.table.settle(first.id));
    }
    await this.answer(key);
  }

  /** Last of all, since it tells those who wait that it is over. */
  private async answer(key: string): Promise<void> {
    for (const letter of this.lettersOf(key)) {
      if (letter.wanted === 'drop') await this.stored(() => this.options.table.settle(letter.id));
      if (letter.wanted === 'retry') await this.stored(() => this.options.table.write(unwanted(letter)));
    }
  }

  private async attemptParked(
    letter: DeadLetter,
  ): Promise<'handled' | 'stopped' | Pick<DeadLetter, 'cause' | 'attempts'>> {
    const { event } = fromRecord(letter.record);
    for (let attempts = 1; ; attempts += 1) {
      const failure: Failure | undefined = await attempt(this.options.handler, { event, key: letter.key });
      if (failure === undefined) return 'handled';
      if (!failure.isOfTheWorld && attempts >= ATTEMPTS_MAX)
        return { cause: failure.cause, attempts: letter.attempts + attempts };
      await this.pauseFor(retryAfterMs(attempts));
      if (this.isStopped) return 'stopped';
    }
  }

  /** Again until it goes: a message that was handled must not stay parked. */
  private async stored(write: () => Promise<void>): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await write();
      } catch (error) {
        this.options.onError(error);
        if (this.isStopped) return;
        await this.pauseFor(retryAfterMs(attempts));
      }
    }
  }

  private lettersOf(key: string): readonly DeadLetter[] {
    return this.options.table.ofKey(this.options.consumer.name, key);
  }

  private pauseFor(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.pause(delayMs, resolve));
  }

  private pause(delayMs: number, callback: () => void): void {
    if (this.isStopped) return callback();
    const timer = this.options.timers.after(delayMs, () => {
      this.pauses.delete(timer);
      callback();
    });
    this.pauses.set(timer, callback);
  }
}

/** The same for a relay's repeat, and for a message that is read again. */
export function parkedId(consumer: string, position: bigint): string {
  return `${consumer}/${position}`;
}

function unwanted({ wanted: _, ...letter }: DeadLetter): DeadLetter {
  return letter;
}
