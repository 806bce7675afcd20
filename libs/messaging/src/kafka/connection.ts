import { systemTimers } from '@millrace/runtime';
import type { Admin, Consumer, Kafka, KafkaConfig, Message as Record, PartitionAssigner, Producer } from 'kafkajs';
import { kafkaAddress, type KafkaAddress } from './address.js';
import { samePartitions } from './assigner.js';
import { messagesClosed, unavailable } from './failures.js';
import { ensureTopics, TopicNames, type TopicDifference, type TopicOptions } from './topics.js';

export interface KafkaConnectionOptions extends TopicOptions {
  /** `kafka://[user:password@]host:port[,host:port…][?tls=true&mechanism=scram-sha-512]`. */
  readonly address: string;
  /** Tells the brokers' logs who this is, e.g. `millrace-execution`. */
  readonly clientId: string;
  /** What topics and groups begin with; default `millrace`. Installations that share a Kafka differ in it. */
  readonly prefix?: string;
  /** Bounds every call, ms; default 10,000. */
  readonly timeoutMs?: number;
  /** Silence after which a group gives a consumer's work to another, ms; default 10,000. Brokers allow 6,000 and more. */
  readonly sessionTimeoutMs?: number;
  /** How long a broker holds an empty fetch, ms; default 500. It bounds how long a stop takes, and costs no latency. */
  readonly fetchWaitMs?: number;
  /** What failed beside the calls themselves; the adapter goes on. */
  readonly onError?: (error: unknown) => void;
}

const TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MS = 10_000;
const FETCH_WAIT_MS = 500;
/** Before a question is asked again that a broker could not answer yet. */
const ASK_AGAIN_AFTER_MS = 50;
/** Creating all topics of an installation on a busy broker. */
const TOPICS_TIMEOUT_MS = 60_000;

/** One client of the driver. It recovers by itself, in time, from most faults; what does not answer in time is replaced. */
export class KafkaConnection {
  readonly names: TopicNames;
  readonly onError: (error: unknown) => void;
  readonly timeoutMs: number;
  private producer: Promise<Producer> | undefined;
  private administrator: Promise<Admin> | undefined;
  private isClosed = false;

  /** Loads the driver, which costs 16 MB, only where it is used. Connects with the first call. */
  static async open(options: KafkaConnectionOptions): Promise<KafkaConnection> {
    const address = kafkaAddress(options.address);
    const driver = (await import('kafkajs')).default;
    return new KafkaConnection(
      options,
      new driver.Kafka(clientConfig(address, options)),
      samePartitions(driver.AssignerProtocol),
    );
  }

  private constructor(
    private readonly options: KafkaConnectionOptions,
    private readonly kafka: Kafka,
    private readonly assigner: PartitionAssigner,
  ) {
    this.names = new TopicNames(options.prefix ?? 'millrace');
    this.onError = options.onError ?? (() => undefined);
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Creates what is missing. @returns what is there and differs from what would be created: it is used as it is. */
  ensureTopics(): Promise<readonly TopicDifference[]> {
    return this.admin(
      'create the topics',
      (admin) => ensureTopics(admin, this.names, this.options, pause),
      TOPICS_TIMEOUT_MS,
    );
  }

  /**
   * Written by all in-sync replicas when it resolves. One attempt: the caller decides whether it may be repeated.
   *
   * @returns the offset of the first record, by partition.
   * @throws OperationalError retryable; it may have happened.
   */
  async send(topic: string, messages: readonly Record[]): Promise<ReadonlyMap<number, bigint>> {
    if (this.isClosed) throw messagesClosed();
    // Not `idempotent`: the driver's own loses acknowledged records where sends overlap and a connection breaks. Repeats are absorbed.
    const connected = (this.producer ??= connect(
      this.kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 2, initialRetryTime: 100 } }),
    ));
    try {
      const sending = connected.then((producer) => producer.send({ topic, messages: [...messages], acks: -1 }));
      const metadata = await this.bounded(sending, this.timeoutMs);
      return new Map(metadata.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? -1)]));
    } catch (error) {
      if (this.producer === connected && (await isBeyondHope(connected, error))) {
        this.producer = undefined;
        release(connected);
      }
      throw unavailable(`Nothing tells whether a record has come to ${topic}`, error, true);
    }
  }

  /** A question to the cluster, or an order that may be given twice. @throws OperationalError retryable. */
  async admin<T>(what: string, ask: (admin: Admin) => Promise<T>, timeoutMs = this.timeoutMs): Promise<T> {
    if (this.isClosed) throw messagesClosed();
    const connected = (this.administrator ??= connect(
      this.kafka.admin({ retry: { retries: 2, initialRetryTime: 100 } }),
    ));
    try {
      return await this.bounded(
        connected.then((admin) => askAgain(admin, ask, timeoutMs)),
        timeoutMs,
      );
    } catch (error) {
      if (this.administrator === connected && (await isBeyondHope(connected, error))) {
        this.administrator = undefined;
        release(connected);
      }
      throw unavailable(`Kafka can't be asked to ${what}`, error);
    }
  }

  /** Not connected yet. */
  consumer(groupId: string): Consumer {
    const sessionTimeout = this.options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    return this.kafka.consumer({
      groupId,
      sessionTimeout,
      rebalanceTimeout: sessionTimeout,
      heartbeatInterval: Math.floor(sessionTimeout / 10),
      maxWaitTimeInMs: this.options.fetchWaitMs ?? FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      // What ends in a crash is started anew by its reader: the driver takes some faults that pass for final ones.
      retry: { retries: 2, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
      partitionAssigners: [this.assigner],
    });
  }

  /** Rejects in time; the call itself may then still take effect. */
  bounded<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = systemTimers.after(timeoutMs, () => reject(new Silence(timeoutMs)));
      call.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const open = [this.producer, this.administrator].filter((connected) => connected !== undefined);
    await Promise.all(open.map((connected) => this.bounded(disconnect(connected), this.timeoutMs).catch(this.onError)));
  }
}

function clientConfig({ brokers, tls, login }: KafkaAddress, options: KafkaConnectionOptions): KafkaConfig {
  const { timeoutMs = TIMEOUT_MS } = options;
  return {
    clientId: options.clientId,
    brokers: [...brokers],
    ssl: tls,
    ...(login === undefined ? {} : { sasl: login as KafkaConfig['sasl'] & object }),
    connectionTimeout: Math.min(2_000, timeoutMs),
    // Below our own bound, so that the driver lets go of a silent connection before we do.
    requestTimeout: Math.floor(timeoutMs / 2),
    // 0: none. What matters reaches us as an error; the rest would be told in a hundred lines a fault.
    logLevel: 0,
  };
}

/** A broker that has just been told to lead a partition does not do so yet; the driver leaves some of these answers to its caller. */
async function askAgain<T>(admin: Admin, ask: (admin: Admin) => Promise<T>, timeoutMs: number): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await ask(admin);
    } catch (error) {
      const isPassing = (error as { retriable?: unknown }).retriable === true;
      if (!isPassing || performance.now() > until) throw error;
      await pause(ASK_AGAIN_AFTER_MS);
    }
  }
}

async function connect<C extends Pick<Producer, 'connect' | 'disconnect'>>(client: C): Promise<C> {
  await client.connect();
  return client;
}

/** The call was given up by our own clock. */
class Silence extends Error {
  override readonly name = 'Silence';

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** A client that is silent, or has never been connected, is replaced; from everything else it recovers, and others are using it. */
async function isBeyondHope(connected: Promise<unknown>, error: unknown): Promise<boolean> {
  if (Error.isError(error) && error.name === 'Silence') return true;
  return connected.then(
    () => false,
    () => true,
  );
}

async function disconnect(connected: Promise<Pick<Producer, 'disconnect'>>): Promise<void> {
  await (await connected).disconnect();
}

/** Not awaited: on a dead connection it takes its time. */
function release(connected: Promise<Pick<Producer, 'disconnect'>>): void {
  disconnect(connected).catch(() => undefined);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemTimers.after(ms, resolve));
}
