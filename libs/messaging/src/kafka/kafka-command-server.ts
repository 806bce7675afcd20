import { systemTimers, type Timer } from '@millrace/runtime';
import type { KafkaMessage } from 'kafkajs';
import { retryAfterMs } from '../attempts.js';
import type { CommandReceiver, CommandTarget } from '../commands.js';
import { headerOf } from './cloud-event.js';
import { answerText, commandKey, failureOf, parseRequest, type Answer, type Request } from './command-codec.js';
import { pause, type KafkaConnection } from './connection.js';
import { GroupReader, type PartitionId, type ReadBatch } from './group-reader.js';
import { PartitionProgress } from './partition-progress.js';
import { ownerOfTarget, type TopicOwner } from './topics.js';

export interface KafkaCommandServerOptions {
  readonly connection: KafkaConnection;
  /** Whose commands; its processes share them out. */
  readonly owner: TopicOwner;
  /** One for each target of that service. */
  readonly receivers: ReadonlyMap<CommandTarget, CommandReceiver>;
}

const COMMIT_AFTER_MS = 100;
/** Commands that are read and not answered: beyond it no more are read until some are. */
const UNANSWERED_MAX = 500;
/** An answer that can't be given after so many tries is not waited for any more. */
const ANSWER_ATTEMPTS_MAX = 5;

interface Part extends PartitionId {
  readonly progress: PartitionProgress;
  nextOffset: bigint;
  committed: bigint;
  isLost: boolean;
  isPaused: boolean;
}

/**
 * Receives a service's commands: one of a pipeline at a time, pipelines side by side. A command is committed when it was answered; where
 * the process dies before, another receives it again, and its receiver answers with the first result.
 */
export class KafkaCommandServer {
  private readonly reader: GroupReader;
  private readonly topic: string;
  private readonly parts = new Map<number, Part>();
  /** The end of what each key has to do. */
  private readonly tails = new Map<string, Promise<void>>();
  private unanswered = 0;
  private timer: Timer | undefined;
  private isStopped = false;
  private readonly joined = Promise.withResolvers<void>();

  constructor(private readonly options: KafkaCommandServerOptions) {
    const { connection, owner } = options;
    this.topic = connection.names.commands(owner);
    for (const target of options.receivers.keys())
      if (ownerOfTarget(target) !== owner) throw new Error(`Commands for ${target} do not come to ${owner}.`);
    this.reader = new GroupReader({
      connection,
      groupId: this.topic,
      topics: [this.topic],
      onAssigned: (partitions) => this.assigned(partitions),
      onRebalancing: () => void this.commit(),
      onBatch: (batch) => this.take(batch),
    });
  }

  start(): void {
    this.reader.start();
  }

  /** Resolves when the process has joined its group: commands are received from then on. */
  ready(): Promise<void> {
    return this.joined.promise;
  }

  /** Answers what was begun, commits, leaves the rest to others. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.tails.values());
    this.timer?.cancel();
    await this.commit();
    await this.reader.stop();
  }

  private assigned(partitions: readonly PartitionId[]): void {
    const kept = new Set(partitions.map(({ partition }) => partition));
    for (const [partition, part] of this.parts) {
      if (kept.has(partition)) continue;
      part.isLost = true;
      this.parts.delete(partition);
    }
    for (const { topic, partition } of partitions) {
      const part = this.parts.get(partition);
      if (part === undefined)
        this.parts.set(partition, {
          topic,
          partition,
          progress: new PartitionProgress(),
          nextOffset: 0n,
          committed: 0n,
          isLost: false,
          isPaused: false,
        });
      else if (part.isPaused) this.reader.pause(part);
    }
    this.joined.resolve();
  }

  private take({ partition, messages, nextOffset }: ReadBatch): Promise<void> {
    const part = this.parts.get(partition);
    if (part === undefined || this.isStopped) return Promise.resolve();
    for (const message of messages) this.receive(part, message);
    if (nextOffset > part.nextOffset) part.nextOffset = nextOffset;
    part.progress.readTo(part.nextOffset, 0n);
    this.commitSoon();
    if (this.unanswered >= UNANSWERED_MAX && !part.isPaused) {
      part.isPaused = true;
      this.reader.pause(part);
    }
    return Promise.resolve();
  }

  private receive(part: Part, message: KafkaMessage): void {
    const offset = BigInt(message.offset);
    // Read again after a rebalance.
    if (offset < part.nextOffset) return;
    part.nextOffset = offset + 1n;
    const request = this.requestOf(message);
    if (request === undefined) return;
    const entry = part.progress.begin(offset, 0n);
    this.unanswered += 1;
    const key = commandKey(request);
    const tail = (this.tails.get(key) ?? Promise.resolve())
      .then(() => (part.isLost || this.isStopped ? undefined : this.answer(request, message)))
      .then((isAnswered) => {
        this.unanswered -= 1;
        if (isAnswered === true) part.progress.end(entry);
        this.answeredOne();
        if (this.tails.get(key) === tail) this.tails.delete(key);
      });
    this.tails.set(key, tail);
  }

  private answeredOne(): void {
    this.commitSoon();
    if (this.unanswered > UNANSWERED_MAX / 2) return;
    for (const part of this.parts.values()) {
      if (!part.isPaused) continue;
      part.isPaused = false;
      this.reader.resume(part);
    }
  }

  private async answer(request: Request, { headers }: KafkaMessage): Promise<true> {
    const { connection } = this.options;
    const answer = await this.decide(request);
    const replyTo = headerOf(headers, 'millrace_replyto');
    const correlation = headerOf(headers, 'millrace_correlation');
    if (replyTo === undefined || correlation === undefined) return true;
    const record = { value: answerText(answer), headers: { millrace_correlation: correlation } };
    for (let attempts = 1; attempts <= ANSWER_ATTEMPTS_MAX; attempts += 1) {
      try {
        await connection.send(replyTo, [{ key: null, ...record }]);
        return true;
      } catch (error) {
        connection.onError(error);
        await pause(retryAfterMs(attempts));
      }
    }
    return true;
  }

  private async decide({ command, envelope }: Request): Promise<Answer> {
    const receiver = this.options.receivers.get(command.target);
    try {
      if (receiver === undefined) throw new Error(`No service receives commands for ${command.target}.`);
      return { reply: await receiver(command, envelope) };
    } catch (error) {
      this.options.connection.onError(error);
      return failureOf(error);
    }
  }

  private requestOf({ value }: KafkaMessage): Request | undefined {
    try {
      return parseRequest(value?.toString() ?? '');
    } catch (error) {
      this.options.connection.onError(error);
      return undefined;
    }
  }

  private commitSoon(): void {
    if (!this.isStopped) this.timer ??= systemTimers.after(COMMIT_AFTER_MS, () => void this.commit());
  }

  private async commit(): Promise<void> {
    this.timer = undefined;
    const due = [...this.parts.values()].flatMap((part) => {
      const { done } = part.progress;
      return done === undefined || done.offset <= part.committed ? [] : [{ part, offset: done.offset }];
    });
    if (due.length === 0) return;
    try {
      await this.reader.commit(
        due.map(({ part: { topic, partition }, offset }) => ({ topic, partition, offset, metadata: '' })),
      );
      for (const { part, offset } of due) part.committed = offset;
    } catch (error) {
      this.options.connection.onError(error);
    }
  }
}
