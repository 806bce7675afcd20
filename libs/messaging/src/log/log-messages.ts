import type { EventStore, Position } from '@millrace/event-store';
import { OperationalError, systemClock, systemTimers, type Clock, type Timer, type Timers } from '@millrace/runtime';
import type {
  ConsumerOptions,
  ConsumerStatus,
  MessageHandler,
  Messages,
  ParkedMessage,
  Subscription,
} from '../messages.js';
import { Consumer } from './consumer.js';
import { ConsumerPositions } from './positions.js';

export interface LogMessagesOptions {
  readonly store: EventStore;
  /** Where `messages.sqlite` is. */
  readonly directory: string;
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** For the alarm: a message was set aside. */
  readonly onParked?: (message: Omit<ParkedMessage, 'id'>) => void;
  /** A position or a parked message could not be stored, or the log not be read: it is tried again. */
  readonly onError?: (error: unknown) => void;
  /** Named places where a test can end the process; see @millrace/runtime. */
  readonly fault?: (point: 'policy-before-position' | 'policy-after-position') => void;
}

/** Positions are stored this often at most, or after this many moves. */
const STORE_AFTER_MS = 100;
const STORE_AFTER_MOVES = 500;
/** Events that are handled again after a loss; as many command ids as a stream that never ends remembers (docs/decisions/0004). */
const REPEATED_AFTER_A_LOSS = 10_000n;

/**
 * Messages from the log itself: one process, no broker. Each consumer follows the log at its own pace, so that a slow one holds up nobody;
 * the store hands the same objects to all of them.
 */
export class LogMessages implements Messages {
  private readonly positions: ConsumerPositions;
  private readonly consumersByName = new Map<string, Consumer>();
  private readonly stored = new Map<string, Position>();
  private readonly clock: Clock;
  private readonly timers: Timers;
  private timer: Timer | undefined;
  private moves = 0;
  private closed = false;

  constructor(private readonly options: LogMessagesOptions) {
    this.positions = new ConsumerPositions(options.directory);
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? systemTimers;
  }

  async subscribe(options: ConsumerOptions, handler: MessageHandler): Promise<Subscription> {
    if (this.closed)
      throw new OperationalError('The messages are closed.', { retryable: false, code: 'MESSAGES_CLOSED' });
    const { name } = options;
    if (this.consumersByName.has(name)) throw new Error(`Consumer ${name} runs already.`);
    const { position: end } = await this.options.store.head();
    if (this.consumersByName.has(name)) throw new Error(`Consumer ${name} runs already.`);
    const start = this.startOf(name, end);
    const surroundings = {
      store: this.options.store,
      positions: this.positions,
      clock: this.clock,
      timers: this.timers,
      moved: (messages: number) => this.moved(messages),
      ...(this.options.onParked === undefined ? {} : { onParked: this.options.onParked }),
      ...(this.options.onError === undefined ? {} : { onError: this.options.onError }),
    };
    const consumer = new Consumer(options, handler, surroundings, start);
    this.consumersByName.set(name, consumer);
    this.stored.set(name, start);
    return { reached: (position) => consumer.reached(position), stop: () => this.stop(consumer) };
  }

  async consumers(): Promise<readonly ConsumerStatus[]> {
    const { position: end } = await this.options.store.head();
    const parked = Map.groupBy(this.positions.parked(), ({ consumer }) => consumer);
    const positions = new Map(this.positions.positions().map(({ name, position }) => [name, position]));
    for (const [name, consumer] of this.consumersByName) positions.set(name, consumer.position);
    return [...positions]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, position]) => ({
        name,
        position,
        lag: end > position ? Number(end - position) : 0,
        parked: parked.get(name)?.length ?? 0,
      }));
  }

  async parked(): Promise<readonly ParkedMessage[]> {
    return this.positions.parked();
  }

  async retry(id: string): Promise<void> {
    const { message, consumer } = this.findParked(id);
    await consumer.retryKey(message.key);
  }

  async drop(id: string): Promise<void> {
    const { message, consumer } = this.findParked(id);
    consumer.settle(message);
    await consumer.retryKey(message.key);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.consumersByName.values()].map((consumer) => this.stop(consumer)));
    this.timer?.cancel();
    this.positions.close();
  }

  /**
   * A log that has lost its tail (and so got another id) may end before the position. And what a message before it has led to may be
   * lost: those are handled once more, which changes nothing where nothing was lost.
   */
  private startOf(name: string, end: Position): Position {
    const found = this.positions.position(name);
    if (found === undefined) return 0n;
    if (found.log === this.options.store.logId) return found.position;
    const known = found.position < end ? found.position : end;
    return known > REPEATED_AFTER_A_LOSS ? known - REPEATED_AFTER_A_LOSS : 0n;
  }

  private async stop(consumer: Consumer): Promise<void> {
    await consumer.stop();
    if (this.consumersByName.get(consumer.name) !== consumer) return;
    this.store();
    this.consumersByName.delete(consumer.name);
  }

  private findParked(id: string): { readonly message: ParkedMessage; readonly consumer: Consumer } {
    const message = this.positions.find(id);
    if (message === undefined)
      throw new OperationalError(`No message ${id} is parked.`, { retryable: false, code: 'NOT_PARKED' });
    const consumer = this.consumersByName.get(message.consumer);
    if (consumer === undefined)
      throw new OperationalError(`Consumer ${message.consumer} does not run here.`, {
        retryable: false,
        code: 'NO_CONSUMER',
      });
    return { message, consumer };
  }

  private moved(messages: number): void {
    this.moves += messages;
    if (this.moves >= STORE_AFTER_MOVES) this.store();
    else this.timer ??= this.timers.after(STORE_AFTER_MS, () => this.store());
  }

  private store(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.moves = 0;
    const moved = new Map<string, Position>();
    for (const [name, { position }] of this.consumersByName)
      if (position !== this.stored.get(name)) moved.set(name, position);
    if (moved.size === 0) return;
    this.options.fault?.('policy-before-position');
    try {
      this.positions.storePositions(this.options.store.logId, moved);
    } catch (error) {
      this.options.onError?.(error);
      return;
    }
    for (const [name, position] of moved) this.stored.set(name, position);
    this.options.fault?.('policy-after-position');
  }
}
