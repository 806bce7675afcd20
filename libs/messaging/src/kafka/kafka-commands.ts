import { randomUUID } from 'node:crypto';
import type { Envelope } from '@millrace/event-store';
import { OperationalError, systemTimers, type Timer } from '@millrace/runtime';
import type { KafkaMessage } from 'kafkajs';
import type { AddressedCommand, CommandReply, Commands } from '../commands.js';
import { headerOf } from './cloud-event.js';
import { commandKey, parseAnswer, replyOf, requestText, type Answer } from './command-codec.js';
import type { KafkaConnection } from './connection.js';
import { messagesClosed } from './failures.js';
import { GroupReader } from './group-reader.js';
import { ownerOfTarget, type TopicOwner } from './topics.js';

export interface KafkaCommandsOptions {
  readonly connection: KafkaConnection;
  /** Who sends: replies come by its topic, to all of its processes, each of which knows its own. */
  readonly sender: TopicOwner;
  /** How long an answer is waited for, ms; default 15,000. */
  readonly timeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 15_000;
/** Below what a topic takes, with room for headers. */
const REQUEST_BYTES_MAX = 2_000_000;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

/**
 * Commands over topics. A command whose answer does not come in time may have happened, and may still happen: the same envelope again is
 * answered with the first result (docs/decisions/0004).
 */
export class KafkaCommands implements Commands {
  private readonly waiting = new Map<string, Waiting>();
  private readonly reader: GroupReader;
  private readonly listening = Promise.withResolvers<void>();
  private nextOffset = 0n;
  private isClosed = false;

  /** Resolves when replies can be heard. @throws OperationalError when Kafka can't be reached. */
  static async open(options: KafkaCommandsOptions): Promise<KafkaCommands> {
    const { connection, sender } = options;
    const topic = connection.names.replies(sender);
    const [end] = await connection.admin('say where the replies end', (admin) => admin.fetchTopicOffsets(topic));
    const commands = new KafkaCommands(options, topic, BigInt(end?.high ?? 0));
    commands.reader.start();
    try {
      await connection.bounded(commands.listening.promise, connection.timeoutMs);
    } catch (cause) {
      await commands.close();
      throw new OperationalError('The replies to commands can not be listened to.', { retryable: true, cause });
    }
    return commands;
  }

  private constructor(
    private readonly options: KafkaCommandsOptions,
    private readonly topic: string,
    end: bigint,
  ) {
    const { connection, sender } = options;
    this.nextOffset = end;
    this.reader = new GroupReader({
      connection,
      // Of this process alone: every one reads all replies to its service, from now on.
      groupId: `${connection.names.prefix}.replies.${sender}.${randomUUID()}`,
      topics: [topic],
      onAssigned: () => {
        this.reader.seek({ topic, partition: 0 }, this.nextOffset);
        this.listening.resolve();
      },
      onBatch: ({ messages, nextOffset }) => {
        for (const message of messages) this.hear(message);
        if (nextOffset > this.nextOffset) this.nextOffset = nextOffset;
        return Promise.resolve();
      },
    });
  }

  async send(command: AddressedCommand, envelope: Envelope): Promise<CommandReply> {
    if (this.isClosed) throw messagesClosed();
    const value = requestText({ command, envelope });
    const bytes = Buffer.byteLength(value);
    if (bytes > REQUEST_BYTES_MAX)
      throw new RangeError(`A command of ${bytes} bytes is too large: ${REQUEST_BYTES_MAX} at most.`);
    const { connection } = this.options;
    const correlation = randomUUID();
    const answer = this.answerTo(correlation, command);
    const record = {
      key: commandKey({ command, envelope }),
      value,
      headers: {
        'content-type': 'application/json',
        millrace_correlation: correlation,
        millrace_replyto: this.topic,
        ...(envelope.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
      },
    };
    // Not awaited: what it says of a failure is less than what an answer says, and the record may have come all the same.
    connection
      .send(connection.names.commands(ownerOfTarget(command.target)), [record])
      .catch((error: Error) => this.waiting.get(correlation)?.reject(error));
    return replyOf(await answer);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const { reject } of [...this.waiting.values()]) reject(this.unanswered('the process stops'));
    await this.reader.stop();
  }

  private answerTo(correlation: string, { target, type }: AddressedCommand): Promise<Answer> {
    const { timeoutMs = ANSWER_TIMEOUT_MS } = this.options;
    return new Promise<Answer>((resolve, reject) => {
      const timer = systemTimers.after(timeoutMs, () =>
        reject(this.unanswered(`${type} has not been answered by ${target} within ${timeoutMs} ms`)),
      );
      this.waiting.set(correlation, { resolve, reject, timer });
    }).finally(() => {
      this.waiting.get(correlation)?.timer.cancel();
      this.waiting.delete(correlation);
    });
  }

  /** What nobody waits for is a second answer, one that came too late, or another process's. */
  private hear({ headers, value }: KafkaMessage): void {
    const waiting = this.waiting.get(headerOf(headers, 'millrace_correlation') ?? '');
    if (waiting === undefined) return;
    try {
      waiting.resolve(parseAnswer(value?.toString() ?? ''));
    } catch (error) {
      this.options.connection.onError(error);
    }
  }

  private unanswered(reason: string): OperationalError {
    return new OperationalError(`The command may have happened: ${reason}.`, {
      retryable: true,
      mayHaveHappened: true,
      code: 'COMMAND_UNANSWERED',
    });
  }
}
