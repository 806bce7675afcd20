import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@millrace/contracts';
import {
  NEW_STREAM,
  type EventBatch,
  type EventStore,
  type LogHead,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StreamSlice,
  type SubscribeOptions,
} from '../event-store.js';
import { openLogDatabaseReadOnly, readLogId } from './log-database.js';
import { LogQueries, readAllOf } from './log-queries.js';
import { LogSubscription, type LogSource } from './log-subscription.js';
import { SharedHead } from './shared-head.js';
import { storeClosed } from './sqlite-failure.js';

/**
 * The log for another thread of its owner's process: reads the file by itself, up to what is durable there, and is woken by the owner
 * (see {@link SqliteEventStore.follow}).
 */
export class SqliteLogFollower implements Omit<EventStore, 'append'> {
  readonly logId: string;
  private readonly database: DatabaseSync;
  private readonly queries: LogQueries;
  private readonly shared: SharedHead;
  private readonly wakeUps = new Set<() => void>();
  private readonly source: LogSource;
  private closed = false;

  constructor(directory: string, memory: SharedArrayBuffer) {
    this.shared = new SharedHead(memory);
    this.database = openLogDatabaseReadOnly(directory);
    this.logId = readLogId(this.database);
    this.queries = new LogQueries(this.database);
    const lastPosition = (): number => Number(this.shared.position);
    this.source = {
      queries: this.queries,
      recent: {
        get lastPosition() {
          return lastPosition();
        },
        after: () => undefined,
      },
      wakeUps: this.wakeUps,
      waits: (position) => {
        if (!this.shared.sleep(BigInt(position))) this.wake();
      },
      closed: () => this.closed,
    };
  }

  /** The owner has said that the log has moved on. */
  wake(): void {
    const waiting = [...this.wakeUps];
    this.wakeUps.clear();
    for (const wake of waiting) wake();
  }

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    this.assertOpen();
    return this.queries.readStream(stream, options, Number(this.shared.position));
  }

  async readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    const lastPosition = (): number => {
      this.assertOpen();
      return Number(this.shared.position);
    };
    return readAllOf({ queries: this.queries, lastPosition }, options);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch> {
    this.assertOpen();
    return new LogSubscription(this.source, options);
  }

  async head(): Promise<LogHead> {
    this.assertOpen();
    const { position } = this.shared;
    return { position, hash: this.queries.hashAtPosition(Number(position)) ?? NEW_STREAM.hash };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.wake();
    this.database.close();
  }

  private assertOpen(): void {
    if (this.closed) throw storeClosed();
  }
}
