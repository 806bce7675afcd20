import type { Category } from '@millrace/contracts';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { CommandTarget } from '../commands.js';

/** Who owns streams, and so topics. The gateway owns those of access and of the installation itself. */
export type TopicOwner = 'pipeline-definition' | 'execution' | 'artifact' | 'approval' | 'gateway';

export const TOPIC_OWNERS: readonly TopicOwner[] = [
  'pipeline-definition',
  'execution',
  'artifact',
  'approval',
  'gateway',
];

const OWNER_OF_CATEGORY: Readonly<Record<Category, TopicOwner>> = {
  pipeline: 'pipeline-definition',
  actiontype: 'pipeline-definition',
  webhook: 'pipeline-definition',
  source: 'execution',
  traffic: 'execution',
  execution: 'execution',
  artifact: 'artifact',
  approval: 'approval',
  token: 'gateway',
  platform: 'gateway',
};

const OWNER_OF_TARGET: Readonly<Record<CommandTarget, TopicOwner>> = {
  'pipeline-definition': 'pipeline-definition',
  traffic: 'execution',
  execution: 'execution',
  source: 'execution',
  approval: 'approval',
  artifact: 'artifact',
  access: 'gateway',
};

export function ownerOf(category: Category): TopicOwner {
  return OWNER_OF_CATEGORY[category];
}

export function ownerOfTarget(target: CommandTarget): TopicOwner {
  return OWNER_OF_TARGET[target];
}

export function categoriesOf(owner: TopicOwner): readonly Category[] {
  return (Object.keys(OWNER_OF_CATEGORY) as Category[]).filter((category) => OWNER_OF_CATEGORY[category] === owner);
}

/** The names of one installation; several may share a Kafka by their prefix. */
export class TopicNames {
  constructor(readonly prefix: string) {}

  events(owner: TopicOwner): string {
    return `${this.prefix}.${owner}.events`;
  }

  commands(owner: TopicOwner): string {
    return `${this.prefix}.${owner}.commands`;
  }

  replies(owner: TopicOwner): string {
    return `${this.prefix}.${owner}.replies`;
  }

  /** One empty partition: whoever a group assigns it to has the group's duty. Its commits hold how far the duty has come. */
  get duties(): string {
    return `${this.prefix}.duties`;
  }

  /** The dead letters of all consumers, by their ids, the newest record of each. */
  get parked(): string {
    return `${this.prefix}.parked`;
  }

  consumerGroup(name: string): string {
    return `${this.prefix}.consumer.${name}`;
  }

  dutyGroup(name: string): string {
    return `${this.prefix}.duty.${name}`;
  }
}

export interface TopicOptions {
  /** Of each topic of events and commands; bounds how many processes of a service can share the work. Default 12. */
  readonly partitions?: number;
  /** Default: the broker's own (`default.replication.factor`). */
  readonly replicationFactor?: number;
  /** How long events stay on their topics, ms: longer than any consumer is ever away. Default 30 days. */
  readonly eventRetentionMs?: number;
}

interface WantedTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** A topic that exists already, and not as it would be created: it is used as it is. */
export interface TopicDifference {
  readonly topic: string;
  readonly setting: string;
  readonly wanted: string;
  readonly actual: string;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const PARTITIONS = 12;
/** An event of 1,000,000 bytes, and what a topic adds to it. */
const MESSAGE_BYTES_MAX = String(2 * 1024 * 1024);
const POLL_MS = 50;

function wantedTopics(names: TopicNames, options: TopicOptions): readonly WantedTopic[] {
  const partitions = options.partitions ?? PARTITIONS;
  const kept = (ms: number): WantedTopic['config'] => ({
    'cleanup.policy': 'delete',
    'retention.ms': String(ms),
    'max.message.bytes': MESSAGE_BYTES_MAX,
  });
  const ofOwner = (owner: TopicOwner): readonly WantedTopic[] => [
    { topic: names.events(owner), partitions, config: kept(options.eventRetentionMs ?? 30 * DAY_MS) },
    { topic: names.commands(owner), partitions, config: kept(DAY_MS) },
    { topic: names.replies(owner), partitions: 1, config: kept(HOUR_MS) },
  ];
  return [
    ...TOPIC_OWNERS.flatMap(ofOwner),
    { topic: names.duties, partitions: 1, config: kept(HOUR_MS) },
    {
      topic: names.parked,
      partitions: 1,
      config: {
        'cleanup.policy': 'compact',
        // A message that was settled must not come back to a consumer whose commit has not passed it yet.
        'delete.retention.ms': String(7 * DAY_MS),
        'max.message.bytes': MESSAGE_BYTES_MAX,
      },
    },
  ];
}

/** Creates what is missing, waits until it can be used, and says what is there but different. */
export async function ensureTopics(
  admin: Admin,
  names: TopicNames,
  options: TopicOptions,
  pause: (ms: number) => Promise<void>,
): Promise<readonly TopicDifference[]> {
  const wanted = wantedTopics(names, options);
  const present = new Set(await admin.listTopics());
  const missing = wanted.filter(({ topic }) => !present.has(topic));
  if (missing.length > 0) {
    // Waiting for leaders fails on a busy broker (`UNKNOWN_TOPIC_OR_PARTITION`): they are looked for below. False: another process was quicker.
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map(({ topic, partitions, config }): ITopicConfig => ({
        topic,
        numPartitions: partitions,
        replicationFactor: options.replicationFactor ?? -1,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    });
    await untilLed(admin, missing, pause);
  }
  return differences(
    admin,
    wanted.filter(({ topic }) => present.has(topic)),
  );
}

/** Bounded by the caller, like every call. */
async function untilLed(
  admin: Admin,
  created: readonly WantedTopic[],
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const names = new Set(created.map(({ topic }) => topic));
  for (;;) {
    const { topics } = await admin.fetchTopicMetadata().catch(() => ({ topics: [] }));
    const led = topics.filter(
      ({ name, partitions }) =>
        names.has(name) && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
    );
    if (led.length === names.size) break;
    await pause(POLL_MS);
  }
  // That a leader is named does not mean that it knows: it answers for its partitions when it does. What does not is asked again.
  for (const { topic } of created) await admin.fetchTopicOffsets(topic);
}

async function differences(admin: Admin, wanted: readonly WantedTopic[]): Promise<readonly TopicDifference[]> {
  if (wanted.length === 0) return [];
  const found: TopicDifference[] = [];
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    // 2: a topic; kafkajs exports the constant only at run time.
    resources: wanted.map(({ topic }) => ({ type: 2, name: topic })),
  });
  for (const { topic, partitions, config } of wanted) {
    const actualPartitions = topics.find(({ name }) => name === topic)?.partitions.length;
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const compare = (setting: string, expected: string, actual: string): void => {
      if (expected !== actual) found.push({ topic, setting, wanted: expected, actual });
    };
    compare('partitions', String(partitions), String(actualPartitions));
    for (const [setting, expected] of Object.entries(config))
      compare(setting, expected, entries.find(({ configName }) => configName === setting)?.configValue ?? 'unset');
  }
  return found;
}
