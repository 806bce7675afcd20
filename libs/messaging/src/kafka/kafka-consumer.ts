import type { Position } from '@millrace/event-store';
import { systemTimers, type Clock, type Timer, type Timers } from '@millrace/runtime';
import { keyOf, UNDONE_MAX } from '../attempts.js';
import type { ConsumerOptions, MessageHandler, ParkedMessage } from '../messages.js';
import { fromRecord, type RelayedEvent } from './cloud-event.js';
import { pause, type KafkaConnection } from './connection.js';
import { GroupReader, type PartitionId, type ReadBatch } from './group-reader.js';
import { KeyLanes, parkedId } from './key-lanes.js';
import type { DeadLetter, ParkedTable } from './parked-table.js';
import { PartitionProgress } from './partition-progress.js';

export interface KafkaConsumerSurroundings {
  readonly connection: KafkaConnection;
  readonly table: ParkedTable;
  /** Of the log whose events are handled; those of another are passed over. */
  readonly logId: string;
  readonly topics: readonly string[];
  readonly clock: Clock;
  /** For pauses between attempts. */
  readonly timers: Timers;
  readonly onParked?: (message: Omit<ParkedMessage, 'id'>) => void;
}

/** Commits are made this often at most. */
const COMMIT_AFTER_MS = 100;
/** Before the dead letters are asked for again. */
const ASK_AGAIN_AFTER_MS = 200;

/** A partition that is assigned to this process. */
interface Part extends PartitionId {
  readonly progress: PartitionProgress;
  nextOffset: bigint;
  /** Of the newest event seen: what comes with a lower one is a relay's repeat. */
  lastPosition: Position;
  committed: bigint;
  isLost: boolean;
  isPaused: boolean;
  prepared: Promise<void> | undefined;
}

/** This process's share of a consumer: a member of its group, that commits what is done. */
export class KafkaConsumer {
  readonly name: string;
  private readonly reader: GroupReader;
  private readonly lanes: KeyLanes;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly parts = new Map<string, Part>();
  private readonly unlisten: () => void;
  private commitTimer: Timer | undefined;
  private committing: Promise<void> = Promise.resolve();
  private undone = 0;
  private isStopped = false;

  constructor(
    options: ConsumerOptions,
    handler: MessageHandler,
    private readonly surroundings: KafkaConsumerSurroundings,
  ) {
    const { connection, table, topics } = surroundings;
    this.name = options.name;
    this.types = options.eventTypes === undefined ? undefined : new Set(options.eventTypes);
    this.lanes = new KeyLanes({ ...surroundings, consumer: options, handler, onError: connection.onError });
    this.reader = new GroupReader({
      connection,
      groupId: connection.names.consumerGroup(options.name),
      topics,
      onAssigned: (partitions) => this.assigned(partitions),
      onRebalancing: () => this.hold(),
      onBatch: (batch) => this.take(batch),
    });
    this.unlisten = table.onWanted((letter) => this.wanted(letter));
  }

  start(): void {
    this.reader.start();
  }

  get topics(): readonly string[] {
    return this.surroundings.topics;
  }

  /** Lets running handlers end, commits, leaves the group. */
  async stop(): Promise<void> {
    await this.halt();
    await this.commit();
    await this.reader.stop();
  }

  /** Stops as a kill would: what is not committed stays so. */
  async abandon(): Promise<void> {
    for (const part of this.parts.values()) part.isLost = true;
    await Promise.all([this.halt(), this.reader.stop()]);
  }

  /** Commits what is done. Never rejects: what could not be committed is, with the next. */
  commit(): Promise<void> {
    this.commitTimer?.cancel();
    this.commitTimer = undefined;
    return (this.committing = this.committing.then(() => this.commitDone()));
  }

  private async halt(): Promise<void> {
    this.isStopped = true;
    this.commitTimer?.cancel();
    this.unlisten();
    await this.lanes.stop();
  }

  private async commitDone(): Promise<void> {
    const due = [...this.parts.values()].flatMap((part) => {
      const { done } = part.progress;
      return part.isLost || done === undefined || done.offset <= part.committed ? [] : [{ part, done }];
    });
    if (due.length === 0) return;
    const commits = due.map(({ part: { topic, partition }, done: { offset, position } }) => ({
      topic,
      partition,
      offset,
      metadata: positionText(this.surroundings.logId, position),
    }));
    try {
      await this.reader.commit(commits);
    } catch (error) {
      this.surroundings.connection.onError(error);
      this.commitSoon(10 * COMMIT_AFTER_MS);
      return;
    }
    for (const { part, done } of due) part.committed = done.offset;
  }

  private commitSoon(afterMs = COMMIT_AFTER_MS): void {
    if (!this.isStopped) this.commitTimer ??= systemTimers.after(afterMs, () => void this.commit());
  }

  /** The brokers still take a commit now, and it spares the next owner what is done. */
  private hold(): void {
    this.lanes.hold();
    void this.commit();
  }

  /** What stays keeps its place: the driver reads it from its last commit again, and that is passed over. */
  private assigned(partitions: readonly PartitionId[]): void {
    const ids = new Set(partitions.map(idOf));
    for (const [id, part] of this.parts) {
      if (ids.has(id)) continue;
      part.isLost = true;
      this.parts.delete(id);
    }
    for (const partition of partitions) {
      const part = this.parts.get(idOf(partition)) ?? newPart(partition);
      this.parts.set(idOf(partition), part);
      if (part.isPaused) this.reader.pause(part);
      void this.prepare(part);
    }
    this.lanes.go();
  }

  /** Before anything of a partition is handled its dead letters are known; what someone wanted done with them meanwhile is done. */
  private prepare(part: Part): Promise<void> {
    return (part.prepared ??= this.knowLetters(part));
  }

  private async knowLetters(part: Part): Promise<void> {
    const { table, connection } = this.surroundings;
    while (!this.isStopped && !part.isLost) {
      try {
        await table.catchUp();
        for (const letter of table.letters(this.name)) this.wanted(letter);
        return;
      } catch (error) {
        connection.onError(error);
        await pause(ASK_AGAIN_AFTER_MS);
      }
    }
  }

  /** Only whoever has the partition may touch its keys. */
  private wanted(letter: DeadLetter): void {
    if (letter.wanted === undefined || letter.consumer !== this.name || this.isStopped) return;
    if (this.parts.has(idOf(letter.from))) void this.lanes.retryKey(letter.key);
  }

  private async take(batch: ReadBatch): Promise<void> {
    const part = this.parts.get(idOf(batch));
    if (part === undefined) return;
    await this.prepare(part);
    if (part.isLost || this.isStopped) return;
    for (const message of batch.messages) this.takeRecord(part, BigInt(message.offset), message);
    if (batch.nextOffset > part.nextOffset) part.nextOffset = batch.nextOffset;
    part.progress.readTo(part.nextOffset, part.lastPosition);
    this.commitSoon();
    this.lanes.begin();
    if (this.undone < UNDONE_MAX || part.isPaused) return;
    part.isPaused = true;
    this.reader.pause(part);
  }

  private takeRecord(part: Part, offset: bigint, record: DeadLetter['record']): void {
    // Read again after a rebalance.
    if (offset < part.nextOffset) return;
    part.nextOffset = offset + 1n;
    const event = this.eventOf(record)?.event;
    // First copies come in the log's order, since a relay never skips: what is lower is a repeat.
    if (event === undefined || event.position <= part.lastPosition) return;
    part.lastPosition = event.position;
    if (this.types?.has(event.type) === false) return;
    if (this.surroundings.table.knows(parkedId(this.name, event.position))) return;
    const entry = part.progress.begin(offset, event.position);
    this.undone += 1;
    this.lanes.add({
      message: { event, key: keyOf(event) },
      record: { value: record.value, headers: record.headers ?? {} },
      from: part,
      done: () => {
        part.progress.end(entry);
        this.doneOne();
      },
    });
  }

  private doneOne(): void {
    this.undone -= 1;
    this.commitSoon();
    if (this.undone > UNDONE_MAX / 2) return;
    for (const part of this.parts.values()) {
      if (!part.isPaused) continue;
      part.isPaused = false;
      this.reader.resume(part);
    }
  }

  private eventOf(record: DeadLetter['record']): RelayedEvent | undefined {
    try {
      const relayed = fromRecord(record);
      return relayed.logId === this.surroundings.logId ? relayed : undefined;
    } catch (error) {
      // Not ours: nothing that an attempt could mend, and no event of the log.
      this.surroundings.connection.onError(error);
      return undefined;
    }
  }
}

function newPart({ topic, partition }: PartitionId): Part {
  return {
    topic,
    partition,
    progress: new PartitionProgress(),
    nextOffset: 0n,
    lastPosition: 0n,
    committed: 0n,
    isLost: false,
    isPaused: false,
    prepared: undefined,
  };
}

function idOf({ topic, partition }: PartitionId): string {
  return `${topic}/${partition}`;
}

/** Kept beside a committed offset: the place in the log that it stands for. */
export function positionText(logId: string, position: Position): string {
  return `${logId}.${position}`;
}

/** Undefined for a position in another log. */
export function positionOf(logId: string, text: string): Position | undefined {
  const [log, position] = text.split('.');
  return log === logId && position !== undefined ? BigInt(position) : undefined;
}
