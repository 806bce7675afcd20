import type { Position } from '@millrace/event-store';
import { randomUUID } from 'node:crypto';
import { fromRecord } from './cloud-event.js';
import type { KafkaConnection } from './connection.js';
import { GroupReader, type PartitionId } from './group-reader.js';

/** What a relay remembers with its duty. */
export interface RelayProgress {
  readonly log: string;
  /** Everything up to here stands on the topic. */
  readonly position: Position;
  /** Where each partition ended then. */
  readonly ends: readonly (readonly [partition: number, offset: bigint])[];
}

/** The last record of a partition that is not empty; `batchFrom` is undefined for one of another log. */
interface LastRecord {
  readonly partition: number;
  readonly batchFrom: Position | undefined;
}

export interface RelayStart {
  readonly after: Position;
  readonly ends: ReadonlyMap<number, bigint>;
}

/** Some partitions end before the place where they ended once: the topic was made anew, or the brokers have lost what they acknowledged. */
function shortened(progress: RelayProgress, ends: ReadonlyMap<number, bigint>): readonly number[] {
  return progress.ends.filter(([partition, end]) => (ends.get(partition) ?? 0n) < end).map(([partition]) => partition);
}

/**
 * From where a relay has to go on so that nothing is skipped. What stands on the topic decides: everything up to the highest `batchFrom`
 * is on all partitions. What was remembered only spares repeats (records expire, and quiet categories leave none), and unmasks a topic that has
 * lost records: then everything since the last record of the partition is sent again.
 */
export function relayAfter(
  progress: RelayProgress | undefined,
  lasts: readonly LastRecord[],
  ends: ReadonlyMap<number, bigint>,
): Position {
  const lost = progress === undefined ? [] : shortened(progress, ends);
  if (lost.length > 0)
    return lost
      .map((lostPartition) => lasts.find(({ partition }) => partition === lostPartition)?.batchFrom ?? 0n)
      .reduce((a, b) => (a < b ? a : b));
  return lasts.map(({ batchFrom }) => batchFrom ?? 0n).reduce((a, b) => (a > b ? a : b), progress?.position ?? 0n);
}

export async function relayStart(
  connection: KafkaConnection,
  topic: string,
  logId: string,
  remembered: string | undefined,
): Promise<RelayStart> {
  const offsets = await connection.admin('say where a topic ends', (admin) => admin.fetchTopicOffsets(topic));
  const ends = new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  const filled = offsets
    .filter(({ low, high }) => BigInt(high) > BigInt(low))
    .map(({ partition, high }) => ({ topic, partition, offset: BigInt(high) - 1n }));
  const lasts = await lastRecords(connection, logId, filled);
  const progress = remembered === undefined ? undefined : parseProgress(remembered);
  return { after: relayAfter(progress?.log === logId ? progress : undefined, lasts, ends), ends };
}

async function lastRecords(
  connection: KafkaConnection,
  logId: string,
  wanted: readonly (PartitionId & { readonly offset: bigint })[],
): Promise<readonly LastRecord[]> {
  const [first] = wanted;
  if (first === undefined) return [];
  const found = new Map<number, LastRecord>();
  const all = Promise.withResolvers<void>();
  const reader = new GroupReader({
    connection,
    // Of this one reading: it commits nothing and leaves no trace.
    groupId: `${connection.names.prefix}.last.${randomUUID()}`,
    topics: [first.topic],
    onAssigned: () => {
      for (const { offset, ...partition } of wanted) reader.seek(partition, offset);
    },
    onBatch: ({ partition, messages }) => {
      const last = messages.at(-1);
      if (last !== undefined) {
        const relayed = fromRecord(last);
        found.set(partition, { partition, batchFrom: relayed.logId === logId ? relayed.batchFrom : undefined });
      }
      if (found.size >= wanted.length) all.resolve();
      return Promise.resolve();
    },
  });
  reader.start();
  try {
    await connection.bounded(all.promise, connection.timeoutMs);
  } finally {
    await reader.stop();
  }
  return [...found.values()];
}

export function progressText({ log, position, ends }: RelayProgress): string {
  return JSON.stringify({
    log,
    position: String(position),
    ends: ends.map(([partition, end]) => [partition, String(end)]),
  });
}

export function parseProgress(text: string): RelayProgress {
  const { log, position, ends } = JSON.parse(text) as {
    readonly log: string;
    readonly position: string;
    readonly ends: readonly (readonly [number, string])[];
  };
  return { log, position: BigInt(position), ends: ends.map(([partition, end]) => [partition, BigInt(end)]) };
}
