import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import { systemTimers, type Timer } from '@millrace/runtime';
import { retryAfterMs } from '../attempts.js';
import { toRecord } from './cloud-event.js';
import type { KafkaConnection } from './connection.js';
import { KafkaDuty, dutyProgress } from './duty.js';
import { progressText, relayStart } from './relay-start.js';
import { categoriesOf, type TopicOwner } from './topics.js';

export interface KafkaRelayOptions {
  readonly connection: KafkaConnection;
  /** The only source. */
  readonly store: Pick<EventStore, 'logId' | 'subscribe'>;
  /** Whose categories go to whose topic. */
  readonly owner: TopicOwner;
}

/** Of one send, unless a single event is larger: what one partition gets of it is one record batch, which the topic bounds. */
const SEND_BYTES_MAX = 500_000;
const SEND_EVENTS_MAX = 1_000;
/** How far it has come is remembered this often at most. */
const REMEMBER_AFTER_MS = 100;

/**
 * Moves the events of one service from the log to its topic: one in the service's processes at a time has the duty. All partitions have
 * acknowledged a batch before the next is sent, and the same batch is sent until they have: nothing is skipped, some things come twice
 * (docs/decisions/0047).
 */
export class KafkaRelay {
  private readonly duty: KafkaDuty;
  private readonly topic: string;
  private ends = new Map<number, bigint>();
  private passed: Position | undefined;
  private remembered: Position | undefined;
  private timer: Timer | undefined;
  private isAbandoned = false;

  constructor(private readonly options: KafkaRelayOptions) {
    const { connection, owner } = options;
    this.topic = connection.names.events(owner);
    this.duty = new KafkaDuty({ connection, name: relayDuty(owner), work: (signal) => this.work(signal) });
  }

  start(): void {
    this.duty.start();
  }

  /** Everything of its categories up to here is on the topic. Undefined while another process has the duty. */
  get position(): Position | undefined {
    return this.duty.isHeld ? this.passed : undefined;
  }

  stop(): Promise<void> {
    return this.duty.stop();
  }

  /** Stops as a kill would: without remembering how far it has come. */
  abandon(): Promise<void> {
    this.isAbandoned = true;
    return this.duty.stop();
  }

  private async work(signal: AbortSignal): Promise<void> {
    const { connection, store, owner } = this.options;
    const start = await relayStart(
      connection,
      this.topic,
      store.logId,
      await dutyProgress(connection, relayDuty(owner)),
    );
    this.ends = new Map(start.ends);
    this.passed = start.after;
    try {
      const batches = store.subscribe({ after: start.after, categories: categoriesOf(owner), signal });
      for await (const { events, checkpoint } of batches) {
        if (!(await this.relay(events, signal))) return;
        this.passed = checkpoint;
        this.timer ??= systemTimers.after(REMEMBER_AFTER_MS, () => void this.remember());
      }
    } finally {
      await this.remember();
    }
  }

  /** False: it has stopped before everything was acknowledged. */
  private async relay(events: readonly RecordedEvent[], signal: AbortSignal): Promise<boolean> {
    for (const chunk of chunksOf(events)) {
      if (!(await this.send(chunk, signal))) return false;
      this.passed = chunk.at(-1)?.position ?? this.passed;
    }
    return true;
  }

  /** The same until it is acknowledged, and nothing else meanwhile. */
  private async send(events: readonly RecordedEvent[], signal: AbortSignal): Promise<boolean> {
    const { connection, store, owner } = this.options;
    const batchFrom = this.passed ?? 0n;
    const records = events.map((event) => toRecord({ event, logId: store.logId, batchFrom }, owner));
    for (let attempts = 1; !signal.aborted; attempts += 1) {
      try {
        for (const [partition, offset] of await connection.send(this.topic, records)) this.endsAfter(partition, offset);
        return true;
      } catch (error) {
        connection.onError(error);
        await pauseUnless(signal, retryAfterMs(attempts));
      }
    }
    return false;
  }

  /** At least: how many of the records went there does not matter for noticing that a partition has become shorter. */
  private endsAfter(partition: number, offset: bigint): void {
    if (offset >= (this.ends.get(partition) ?? 0n)) this.ends.set(partition, offset + 1n);
  }

  private async remember(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    const { passed } = this;
    if (passed === undefined || passed === this.remembered || this.isAbandoned) return;
    try {
      await this.duty.remember(progressText({ log: this.options.store.logId, position: passed, ends: [...this.ends] }));
      this.remembered = passed;
    } catch (error) {
      this.options.connection.onError(error);
      if (this.duty.isHeld) this.timer ??= systemTimers.after(10 * REMEMBER_AFTER_MS, () => void this.remember());
    }
  }
}

export function relayDuty(owner: TopicOwner): string {
  return `${owner}.relay`;
}

function* chunksOf(events: readonly RecordedEvent[]): Iterable<readonly RecordedEvent[]> {
  let chunk: RecordedEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event.data)) + Buffer.byteLength(JSON.stringify(event.metadata));
    if (chunk.length >= SEND_EVENTS_MAX || (chunk.length > 0 && bytes + size > SEND_BYTES_MAX)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(event);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = systemTimers.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
