import type { Position } from '@millrace/event-store';
import type { KafkaConnection } from './connection.js';
import { dutyProgress } from './duty.js';
import { positionOf } from './kafka-consumer.js';
import { relayDuty } from './kafka-relay.js';
import { parseProgress } from './relay-start.js';
import { TOPIC_OWNERS } from './topics.js';

/**
 * How far a consumer has come, wherever it runs: Kafka knows what was committed, and the relays what there is. A partition of which everything
 * is committed has come as far as its relay; another as far as the event that its commit stands for.
 */
export async function consumerPosition(
  connection: KafkaConnection,
  logId: string,
  name: string,
  topics: readonly string[],
): Promise<Position> {
  const positions = await Promise.all(topics.map((topic) => topicPosition(connection, logId, name, topic)));
  return lowest(positions);
}

async function topicPosition(
  connection: KafkaConnection,
  logId: string,
  name: string,
  topic: string,
): Promise<Position> {
  // In this order: what is relayed after the question is not promised by the answer.
  const relayed = await relayPosition(connection, logId, topic);
  const { ends, commits } = await connection.admin('say how far a consumer has come', async (admin) => ({
    ends: await admin.fetchTopicOffsets(topic),
    commits: await admin.fetchOffsets({ groupId: connection.names.consumerGroup(name), topics: [topic] }),
  }));
  const committed = new Map(commits[0]?.partitions.map((commit) => [commit.partition, commit]));
  return lowest(
    ends.map(({ partition, high, low }) => {
      const commit = committed.get(partition);
      // -1: nothing was committed yet.
      const offset = BigInt(commit?.offset ?? -1);
      if (offset >= BigInt(high) || (offset < 0n && low === high)) return relayed;
      return positionOf(logId, commit?.metadata ?? '') ?? 0n;
    }),
  );
}

async function relayPosition(connection: KafkaConnection, logId: string, topic: string): Promise<Position> {
  const owner = TOPIC_OWNERS.find((candidate) => connection.names.events(candidate) === topic);
  if (owner === undefined) return 0n;
  const text = await dutyProgress(connection, relayDuty(owner));
  if (text === undefined) return 0n;
  const { log, position } = parseProgress(text);
  return log === logId ? position : 0n;
}

function lowest(positions: readonly Position[]): Position {
  const [first = 0n, ...rest] = positions;
  return rest.reduce((a, b) => (a < b ? a : b), first);
}

/** The consumers of the installation that have ever committed something, with the topics that they read. */
export async function knownConsumers(connection: KafkaConnection): Promise<ReadonlyMap<string, readonly string[]>> {
  const prefix = connection.names.consumerGroup('');
  return connection.admin('name its consumers', async (admin) => {
    const { groups } = await admin.listGroups();
    const names = groups.flatMap(({ groupId }) => (groupId.startsWith(prefix) ? [groupId.slice(prefix.length)] : []));
    const found = await Promise.all(
      names.map(async (name) => {
        const commits = await admin.fetchOffsets({ groupId: `${prefix}${name}` });
        return [name, commits.map(({ topic }) => topic)] as const;
      }),
    );
    return new Map(found.filter(([, topics]) => topics.length > 0));
  });
}
