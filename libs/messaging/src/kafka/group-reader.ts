import { systemTimers, type Timer } from '@millrace/runtime';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConnection } from './connection.js';

export interface PartitionId {
  readonly topic: string;
  readonly partition: number;
}

export interface ReadBatch extends PartitionId {
  readonly messages: readonly KafkaMessage[];
  /** Where to go on after this batch. */
  readonly nextOffset: bigint;
}

export interface Commit extends PartitionId {
  /** Of the next record. */
  readonly offset: bigint;
  /** Kept beside the offset, 4,096 bytes at most. */
  readonly metadata: string;
}

export interface GroupReaderOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** What is to be read from now on; called again after every rebalance, also when nothing changes. */
  readonly onAssigned: (partitions: readonly PartitionId[]) => void;
  /** The group is about to share out its partitions anew, or has been lost: others may be given what is being read here. */
  readonly onRebalancing?: () => void;
  /** Never rejects. Nothing more of the partition is read before it resolves; it must not wait for handlers. */
  readonly onBatch: (batch: ReadBatch) => Promise<void>;
}

const START_AGAIN_AFTER_MS = [200, 500, 1_000, 2_000] as const;
/** Partitions whose batches are taken at the same time. */
const PARTITIONS_AT_ONCE = 32;

/** A member of a consumer group that never gives up: what the driver takes for the end of a consumer is here the start of the next. */
export class GroupReader {
  private consumer: Consumer | undefined;
  private restart: Timer | undefined;
  private failures = 0;
  private isStopped = false;
  private starting: Promise<void> = Promise.resolve();

  constructor(private readonly options: GroupReaderOptions) {}

  /** Resolves at once; the first assignment tells when it reads. */
  start(): void {
    this.starting = this.run();
  }

  get id(): string {
    return this.options.groupId;
  }

  /** @throws OperationalError, or the driver's error when the group has given the partition to another. */
  async commit(commits: readonly Commit[]): Promise<void> {
    const { consumer } = this;
    if (consumer === undefined) throw new Error(`Group ${this.id} is not joined.`);
    await this.options.connection.bounded(
      consumer.commitOffsets(commits.map(({ offset, ...commit }) => ({ ...commit, offset: String(offset) }))),
      this.options.connection.timeoutMs,
    );
  }

  pause({ topic, partition }: PartitionId): void {
    this.consumer?.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: PartitionId): void {
    this.consumer?.resume([{ topic, partitions: [partition] }]);
  }

  /** The next fetch begins there; to be called from `onAssigned`, where a group keeps no offsets. */
  seek({ topic, partition }: PartitionId, offset: bigint): void {
    this.consumer?.seek({ topic, partition, offset: String(offset) });
  }

  /** Leaves the group, so that others go on at once. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.restart?.cancel();
    const { consumer } = this;
    await this.starting;
    await this.end(consumer ?? this.consumer);
  }

  private async run(): Promise<void> {
    const { connection, topics } = this.options;
    const consumer = connection.consumer(this.id);
    this.consumer = consumer;
    this.listen(consumer);
    try {
      await connection.bounded(consumer.connect(), connection.timeoutMs);
      await connection.bounded(consumer.subscribe({ topics: [...topics], fromBeginning: true }), connection.timeoutMs);
      await connection.bounded(
        consumer.run({
          autoCommit: false,
          partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
          eachBatch: (payload) => this.take(consumer, payload),
        }),
        connection.timeoutMs,
      );
    } catch (error) {
      this.failed(consumer, error);
    }
  }

  private listen(consumer: Consumer): void {
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      if (consumer !== this.consumer || this.isStopped) return;
      this.failures = 0;
      this.options.onAssigned(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
    });
    consumer.on(events.REBALANCING, () => {
      if (consumer === this.consumer && !this.isStopped) this.options.onRebalancing?.();
    });
    consumer.on(events.CRASH, ({ payload }) => this.failed(consumer, payload.error));
  }

  private async take(consumer: Consumer, { batch }: EachBatchPayload): Promise<void> {
    if (consumer !== this.consumer || this.isStopped) return;
    await this.options.onBatch({
      topic: batch.topic,
      partition: batch.partition,
      messages: batch.messages,
      nextOffset: BigInt(batch.lastOffset()) + 1n,
    });
  }

  private failed(consumer: Consumer, error: unknown): void {
    if (consumer !== this.consumer || this.isStopped) return;
    this.options.connection.onError(error);
    this.options.onRebalancing?.();
    this.consumer = undefined;
    void this.end(consumer);
    const afterMs = START_AGAIN_AFTER_MS[Math.min(this.failures, START_AGAIN_AFTER_MS.length - 1)] ?? 2_000;
    this.failures += 1;
    this.restart = systemTimers.after(afterMs, () => this.start());
  }

  private async end(consumer: Consumer | undefined): Promise<void> {
    if (consumer === undefined) return;
    const { connection } = this.options;
    await connection.bounded(consumer.disconnect(), connection.timeoutMs).catch(() => undefined);
  }
}
