import type { EventStore, Position } from '@millrace/event-store';
import { OperationalError, systemClock, systemTimers, type Clock, type Timers } from '@millrace/runtime';
import type {
  ConsumerOptions,
  ConsumerStatus,
  MessageHandler,
  Messages,
  ParkedMessage,
  Subscription,
} from '../messages.js';
import { pause, type KafkaConnection } from './connection.js';
import { consumerPosition, knownConsumers } from './consumer-status.js';
import { messagesClosed } from './failures.js';
import { KafkaConsumer } from './kafka-consumer.js';
import { ParkedTable, type DeadLetter, type Wanted } from './parked-table.js';
import { ownerOf } from './topics.js';

export interface KafkaMessagesOptions {
  readonly connection: KafkaConnection;
  /** Whose events are relayed; asked for its end alone. */
  readonly store: Pick<EventStore, 'logId' | 'head'>;
  readonly clock?: Clock;
  /** For pauses between attempts; calls are bounded by the system's. */
  readonly timers?: Timers;
  /** For the alarm: a message was set aside. */
  readonly onParked?: (message: Omit<ParkedMessage, 'id'>) => void;
  /** How long a retry or drop may take before its caller is told that it may still happen, ms; default 60,000. */
  readonly settleTimeoutMs?: number;
}

const SETTLE_TIMEOUT_MS = 60_000;
const LOOK_AGAIN_AFTER_MS = [20, 50, 100, 250] as const;

/**
 * Messages from the topics that the relays fill. A consumer's keys are shared out between all processes that subscribe under its name.
 * Of categories that different services own, a key's messages are in order service by service: there is no order between topics.
 * Parked messages are those of the whole installation, whichever process looks at them, retries or drops them.
 */
export class KafkaMessages implements Messages {
  private readonly consumersByName = new Map<string, KafkaConsumer>();
  private readonly table: ParkedTable;
  private readonly stopping = new AbortController();

  constructor(private readonly options: KafkaMessagesOptions) {
    this.table = new ParkedTable(options.connection);
  }

  async subscribe(options: ConsumerOptions, handler: MessageHandler): Promise<Subscription> {
    if (this.isClosed) throw messagesClosed();
    const { name } = options;
    if (this.consumersByName.has(name)) throw new Error(`Consumer ${name} runs already.`);
    const { connection, store, clock = systemClock, timers = systemTimers, onParked } = this.options;
    const topics = [...new Set(options.categories.map((category) => connection.names.events(ownerOf(category))))];
    const surroundings = { connection, table: this.table, logId: store.logId, topics, clock, timers };
    const consumer = new KafkaConsumer(options, handler, {
      ...surroundings,
      ...(onParked === undefined ? {} : { onParked }),
    });
    this.consumersByName.set(name, consumer);
    consumer.start();
    return { reached: (position) => this.reached(consumer, position), stop: () => this.stop(consumer) };
  }

  /** Those that run here, and all that have ever committed something. */
  async consumers(): Promise<readonly ConsumerStatus[]> {
    const { connection, store } = this.options;
    await Promise.all([...this.consumersByName.values()].map((consumer) => consumer.commit()));
    const { position: end } = await store.head();
    const topicsByName = new Map(await knownConsumers(connection));
    for (const [name, { topics }] of this.consumersByName) topicsByName.set(name, topics);
    await this.table.catchUp();
    const parked = Map.groupBy(this.table.letters(), ({ consumer }) => consumer);
    const statuses = [...topicsByName].map(async ([name, topics]): Promise<ConsumerStatus> => {
      const position = await consumerPosition(connection, store.logId, name, topics);
      const lag = end > position ? Number(end - position) : 0;
      return { name, position, lag, parked: parked.get(name)?.length ?? 0 };
    });
    return (await Promise.all(statuses)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async parked(): Promise<readonly ParkedMessage[]> {
    await this.table.catchUp();
    return this.table.letters().map(({ wanted: _, from: __, record: ___, ...message }) => message);
  }

  /** Done by whichever process has the message's partition. Throws also `PARKED_UNANSWERED`: it may still happen. */
  async retry(id: string): Promise<void> {
    await this.want(id, 'retry');
  }

  async drop(id: string): Promise<void> {
    await this.want(id, 'drop');
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.stopping.abort();
    await Promise.all([...this.consumersByName.values()].map((consumer) => consumer.stop()));
    await this.table.stop();
  }

  /** Ends as a kill would: nothing more is committed. For tests. */
  async abandon(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.consumersByName.values()].map((consumer) => consumer.abandon()));
    await this.table.stop();
  }

  private get isClosed(): boolean {
    return this.stopping.signal.aborted;
  }

  private async stop(consumer: KafkaConsumer): Promise<void> {
    await consumer.stop();
    if (this.consumersByName.get(consumer.name) === consumer) this.consumersByName.delete(consumer.name);
  }

  /** Of the whole consumer, not of this process's share alone. */
  private async reached(consumer: KafkaConsumer, position: Position): Promise<void> {
    const { connection, store } = this.options;
    for (let looks = 0; !this.isClosed; looks += 1) {
      await consumer.commit();
      try {
        if ((await consumerPosition(connection, store.logId, consumer.name, consumer.topics)) >= position) return;
      } catch (error) {
        connection.onError(error);
      }
      await pause(LOOK_AGAIN_AFTER_MS[Math.min(looks, LOOK_AGAIN_AFTER_MS.length - 1)] ?? 250);
    }
    throw messagesClosed();
  }

  private async want(id: string, wanted: Wanted): Promise<void> {
    await this.table.catchUp();
    const letter = this.table.get(id);
    if (letter === undefined)
      throw new OperationalError(`No message ${id} is parked.`, { retryable: false, code: 'NOT_PARKED' });
    await this.mustRun(letter);
    const { connection, settleTimeoutMs = SETTLE_TIMEOUT_MS } = this.options;
    await this.table.write({ ...letter, wanted });
    try {
      await connection.bounded(
        this.table.until(() => this.table.get(id)?.wanted === undefined),
        settleTimeoutMs,
      );
    } catch (cause) {
      throw new OperationalError(`Message ${id} was not settled within ${settleTimeoutMs} ms. It may still be.`, {
        retryable: true,
        mayHaveHappened: true,
        code: 'PARKED_UNANSWERED',
        cause,
      });
    }
  }

  private async mustRun({ consumer }: DeadLetter): Promise<void> {
    const { connection } = this.options;
    const { groups } = await connection.admin('say whether a consumer runs', (admin) =>
      admin.describeGroups([connection.names.consumerGroup(consumer)]),
    );
    if ((groups[0]?.members.length ?? 0) === 0)
      throw new OperationalError(`Consumer ${consumer} does not run anywhere.`, {
        retryable: false,
        code: 'NO_CONSUMER',
      });
  }
}
