import type { JsonObject, StreamName } from '@millrace/contracts';
import { isOperational, OperationalError, systemTimers } from '@millrace/runtime';
import type {
  EventBatch,
  LogHead,
  LogReader,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  StreamSlice,
} from '../event-store.js';
import type { LogFault, StoredEvent, StoredPage, VerifiableLog } from '../verify-log.js';
import { Connection } from './connection.js';
import type { EventStoreDbOptions } from './eventstoredb-event-store.js';
import { refusalOf, unavailable } from './failures.js';
import { KnownHeads } from './known-heads.js';
import { readLogId } from './log-id.js';
import { LogReads, type PlacedEvent } from './log-reads.js';
import type { StoredMetadata } from './stored-event.js';

const TIMEOUT_MS = 5_000;

/** Reads a log that others write to; writes nothing. For tools: verifying, exporting, moving. */
export class EventStoreDbLogReader implements LogReader, VerifiableLog {
  private readonly reads: LogReads;
  private readonly heads = new KnownHeads();

  /** @throws OperationalError `NO_LOG` where there is none, and what {@link EventStoreDbEventStore.open} throws. */
  static async open(
    options: Pick<EventStoreDbOptions, 'connectionString' | 'timeoutMs' | 'timers'>,
  ): Promise<EventStoreDbLogReader> {
    const { connectionString, timeoutMs = TIMEOUT_MS, timers = systemTimers } = options;
    const connection = await Connection.open({ connectionString, timeoutMs, timers });
    try {
      const logId = await readLogId(connection);
      if (logId === undefined)
        throw new OperationalError('There is no event log in this event store.', { retryable: false, code: 'NO_LOG' });
      return new EventStoreDbLogReader(logId, connection);
    } catch (error) {
      await connection.close();
      throw isOperational(error) ? error : (refusalOf(error) ?? unavailable(error));
    }
  }

  private constructor(
    readonly logId: string,
    private readonly connection: Connection,
  ) {
    this.reads = new LogReads(connection);
  }

  readStream(stream: StreamName, options?: ReadStreamOptions): Promise<StreamSlice> {
    return this.reads.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): Promise<EventBatch> {
    return this.reads.readAll(options);
  }

  head(): Promise<LogHead> {
    return this.reads.head();
  }

  /** What the engine has to say about itself it says to its own tools. */
  selfCheck(): readonly LogFault[] {
    return [];
  }

  async readStored(after: Position, limit: number): Promise<StoredPage> {
    const { events: placed, isLast } = await this.reads.storedPage(after, limit);
    const events: StoredEvent[] = [];
    const faults: LogFault[] = [];
    for (const event of placed) {
      const stored = await this.toStored(event);
      if (stored === undefined) faults.push(unreadable(event));
      else events.push(stored);
    }
    return { events, faults, checkpoint: placed.at(-1)?.position ?? after, isLast };
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Undefined for what no Millrace has written. The bytes are those of the JSON: how the engine spaces it is nobody's fact. */
  private async toStored({ resolved, position }: PlacedEvent): Promise<StoredEvent | undefined> {
    const { event } = resolved;
    const { hash, ...metadata } = (event?.metadata ?? {}) as Partial<StoredMetadata>;
    if (event === undefined || !event.isJson || typeof hash !== 'string') return undefined;
    const stream = event.streamId as StreamName;
    const revision = Number(event.revision);
    const previousHash = revision === 0 ? undefined : await this.hashAt(stream, revision - 1);
    this.heads.remember(stream, { revision, hash });
    return {
      position,
      stream,
      revision,
      metadataBytes: Buffer.from(JSON.stringify(metadata)),
      dataBytes: Buffer.from(JSON.stringify(event.data as JsonObject)),
      hash,
      previousHash,
    };
  }

  /** Read where more streams are under way than are remembered. */
  private async hashAt(stream: StreamName, revision: number): Promise<string | undefined> {
    const known = this.heads.hashAt(stream, revision);
    if (known !== undefined) return known;
    try {
      const [found] = (await this.reads.readStream(stream, { from: revision, limit: 1 })).events;
      return found?.revision === revision ? found.hash : undefined;
    } catch (error) {
      if (isOperational(error) && error.retryable) throw error;
      // A neighbour that can't be read is named where it stands.
      return undefined;
    }
  }
}

function unreadable({ resolved: { event }, position }: PlacedEvent): LogFault {
  return {
    position,
    ...(event === undefined ? {} : { stream: event.streamId, revision: Number(event.revision) }),
    problem: 'the event was not written by Millrace',
  };
}
