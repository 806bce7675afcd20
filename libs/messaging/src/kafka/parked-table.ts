import { randomUUID } from 'node:crypto';
import type { KafkaMessage, Message as Record } from 'kafkajs';
import type { ParkedMessage } from '../messages.js';
import { fromRecord, headerOf } from './cloud-event.js';
import type { KafkaConnection } from './connection.js';
import { GroupReader, type PartitionId } from './group-reader.js';

/** What someone wants done with a parked message; whoever has its partition does it. */
export type Wanted = 'retry' | 'drop';

/** A dead letter: the record as it was, and what happened to it. */
export interface DeadLetter extends ParkedMessage {
  readonly wanted?: Wanted;
  /** Where its record came from. */
  readonly from: PartitionId;
  readonly record: Pick<KafkaMessage, 'value' | 'headers'>;
}

interface Entry {
  /** Of the newest record of this id that was seen. */
  readonly offset: bigint;
  /** Undefined: handled after all, or given up. */
  readonly letter: DeadLetter | undefined;
}

/** The dead letters of an installation, as its compacted topic says: every process that needs them follows it. */
export class ParkedTable {
  private readonly entries = new Map<string, Entry>();
  private readonly parkedKeys = new Map<string, number>();
  private readonly reader: GroupReader;
  private nextOffset = 0n;
  private waiters: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];
  private readonly listeners = new Set<(letter: DeadLetter) => void>();
  private isStarted = false;

  constructor(private readonly connection: KafkaConnection) {
    const { parked, prefix } = connection.names;
    this.reader = new GroupReader({
      connection,
      // Each reads all of it, every time from its beginning: nothing is committed.
      groupId: `${prefix}.parked.${randomUUID()}`,
      topics: [parked],
      onAssigned: () => this.reader.seek({ topic: parked, partition: 0 }, this.nextOffset),
      onBatch: ({ messages, nextOffset }) => {
        for (const message of messages) this.apply(BigInt(message.offset), message);
        if (nextOffset > this.nextOffset) this.nextOffset = nextOffset;
        this.wake();
        return Promise.resolve();
      },
    });
  }

  /** Resolves when everything that was written before is known here. @throws OperationalError when the topic can't be read in time. */
  async catchUp(): Promise<void> {
    if (!this.isStarted) {
      this.isStarted = true;
      this.reader.start();
    }
    const { parked } = this.connection.names;
    await this.connection.admin('tell the dead letters', async (admin) => {
      const [end] = await admin.fetchTopicOffsets(parked);
      const high = BigInt(end?.high ?? 0);
      await this.until(() => this.nextOffset >= high);
    });
  }

  /** Resolves when the condition holds, looking after every change. */
  until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ isOver, resolve }));
  }

  /** Calls for every letter with which something is wanted, each time it changes. */
  onWanted(listener: (letter: DeadLetter) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** In the order of the log. */
  letters(consumer?: string): readonly DeadLetter[] {
    const letters = [...this.entries.values()].flatMap(({ letter }) => letter ?? []);
    return letters
      .filter((letter) => consumer === undefined || letter.consumer === consumer)
      .toSorted((a, b) => (a.position < b.position ? -1 : 1));
  }

  /** Whether anything of that key is parked: what follows on it is to wait. */
  has(consumer: string, key: string): boolean {
    return this.parkedKeys.has(`${consumer}\n${key}`);
  }

  ofKey(consumer: string, key: string): readonly DeadLetter[] {
    return this.letters(consumer).filter((letter) => letter.key === key);
  }

  get(id: string): DeadLetter | undefined {
    return this.entries.get(id)?.letter;
  }

  /** Parked once, whatever became of it: its record has been dealt with. */
  knows(id: string): boolean {
    return this.entries.has(id);
  }

  /** Known here, and to everybody who catches up, when it resolves. @throws OperationalError; it may have happened, and may be repeated. */
  async write(letter: DeadLetter): Promise<void> {
    await this.put(letter.id, toLetterRecord(letter));
  }

  /** Handled after all, or given up. */
  async settle(id: string): Promise<void> {
    await this.put(id, { key: id, value: null });
  }

  async stop(): Promise<void> {
    if (this.isStarted) await this.reader.stop();
  }

  private async put(id: string, record: Record): Promise<void> {
    const offsets = await this.connection.send(this.connection.names.parked, [record]);
    const { value, headers } = record;
    this.apply(offsets.get(0) ?? 0n, {
      key: Buffer.from(id),
      value: value === null ? null : Buffer.from(value),
      headers: headers ?? {},
    });
    this.wake();
  }

  private apply(offset: bigint, message: Pick<KafkaMessage, 'key' | 'value' | 'headers'>): void {
    const id = message.key?.toString() ?? '';
    const known = this.entries.get(id);
    // Own writes are known before they are read.
    if (known !== undefined && known.offset >= offset) return;
    const letter = message.value === null ? undefined : fromLetterRecord(id, message);
    this.entries.set(id, { offset, letter });
    this.count(known?.letter, -1);
    this.count(letter, 1);
    if (letter?.wanted !== undefined) for (const listener of [...this.listeners]) listener(letter);
  }

  private count(letter: DeadLetter | undefined, change: number): void {
    if (letter === undefined) return;
    const key = `${letter.consumer}\n${letter.key}`;
    const parked = (this.parkedKeys.get(key) ?? 0) + change;
    if (parked === 0) this.parkedKeys.delete(key);
    else this.parkedKeys.set(key, parked);
  }

  private wake(): void {
    const over = this.waiters.filter(({ isOver }) => isOver());
    this.waiters = this.waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }
}

/** Still the CloudEvent that it was. */
function toLetterRecord({ record, ...letter }: DeadLetter): Record {
  return {
    key: letter.id,
    value: record.value,
    headers: {
      ...record.headers,
      millrace_consumer: letter.consumer,
      millrace_key: letter.key,
      millrace_cause: letter.cause,
      millrace_attempts: String(letter.attempts),
      millrace_parkedat: letter.parkedAt,
      millrace_topic: letter.from.topic,
      millrace_partition: String(letter.from.partition),
      // Overwrites what was wanted before.
      millrace_wanted: letter.wanted ?? '',
    },
  };
}

function fromLetterRecord(id: string, record: Pick<KafkaMessage, 'value' | 'headers'>): DeadLetter {
  const { event } = fromRecord(record);
  const text = (name: string): string => headerOf(record.headers, `millrace_${name}`) ?? '';
  const wanted = text('wanted');
  return {
    id,
    consumer: text('consumer'),
    key: text('key'),
    position: event.position,
    eventId: event.metadata.id,
    eventType: event.type,
    cause: text('cause'),
    attempts: Number(text('attempts')),
    parkedAt: text('parkedat'),
    ...(wanted === 'retry' || wanted === 'drop' ? { wanted } : {}),
    from: { topic: text('topic'), partition: Number(text('partition')) },
    record: { value: record.value, headers: record.headers ?? {} },
  };
}
