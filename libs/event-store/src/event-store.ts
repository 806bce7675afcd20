import type { Category, EventMetadata, JsonObject, StreamName } from '@millrace/contracts';

/** A place in the order of everything. Grows, may have gaps; compared as a number, carried as decimal text. 0 stands before the first event. */
export type Position = bigint;

/** The end of a stream. */
export interface Head {
  /** 0-based index of the last event; -1 for a stream without events. */
  readonly revision: number;
  /** Chain hash of the last event, lower-case hex; 64 zeros for a stream without events. */
  readonly hash: string;
}

export const NEW_STREAM: Head = { revision: -1, hash: '0'.repeat(64) };

/** Every adapter refuses a larger append, so that what works embedded works in the cluster (docs/decisions/0005). Metadata and data together. */
export const APPEND_BYTES_MAX = 1_000_000;

/** What a writer supplies; the store adds stream and revision to the metadata. */
export interface NewEvent {
  readonly type: string;
  readonly version: number;
  readonly data: JsonObject;
  readonly metadata: Omit<EventMetadata, 'type' | 'version' | 'stream' | 'revision'>;
}

export interface RecordedEvent {
  readonly type: string;
  readonly version: number;
  readonly stream: StreamName;
  readonly category: Category;
  /** 0-based place in the stream. */
  readonly revision: number;
  readonly position: Position;
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
  /** SHA-256 over the predecessor's hash, the stored metadata bytes and the stored data bytes; lower-case hex. */
  readonly hash: string;
}

export interface Appended {
  readonly head: Head;
  /** Of the last event of the append. */
  readonly position: Position;
}

export interface ReadStreamOptions {
  /** First revision to return; default 0, or the last one when reading backwards. */
  readonly from?: number;
  /** Events at most; default 1,000, never more than 10,000. */
  readonly limit?: number;
  readonly direction?: 'forwards' | 'backwards';
}

export interface StreamSlice {
  readonly events: readonly RecordedEvent[];
  /** Of the whole stream at the time of the read, whatever the slice: what a decision may be based on. */
  readonly head: Head;
}

export interface ReadAllOptions {
  /** Events after this position; when reading backwards, before it (absent: from the end). Default 0. */
  readonly after?: Position;
  /** Default 1,000, never more than 10,000. */
  readonly limit?: number;
  readonly direction?: 'forwards' | 'backwards';
  /** Default: all. */
  readonly categories?: readonly Category[];
}

/** Some events in the log's order, and how far the reader has now come. */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been delivered or filtered out; not below the last event's position. */
  readonly checkpoint: Position;
  /** True when nothing more was there at the time of the read. */
  readonly caughtUp: boolean;
}

export interface SubscribeOptions {
  /** Delivers what stands after this position; 0 for everything. */
  readonly after: Position;
  readonly categories?: readonly Category[];
  /** Events a batch at most; default 500. */
  readonly batchMax?: number;
  /** Ends the iteration, also while it waits. */
  readonly signal: AbortSignal;
}

export const READ_LIMIT_DEFAULT = 1_000;
export const READ_LIMIT_MAX = 10_000;
export const SUBSCRIPTION_BATCH_DEFAULT = 500;

/** The last event of the log. */
export interface LogHead {
  readonly position: Position;
  /** Chain hash of that event; 64 zeros for an empty log. */
  readonly hash: string;
}

/** The truth. Nothing has happened that is not in here. */
export interface EventStore {
  /** Identifies this log; cursors that leave the house carry it (docs/decisions/0009). A UUID, fixed at creation. */
  readonly logId: string;

  /**
   * Appends all events or none; {@link APPEND_BYTES_MAX} bytes at most. Durable when it resolves.
   *
   * The same ids again at the same expected revision succeed with the first answer; nothing is written.
   *
   * @param head - what the decision was based on.
   * @throws StreamConflict when the stream has moved on; nothing was written.
   * @throws RangeError when the append is empty or too large; the message names the sizes.
   * @throws OperationalError when the store can't be reached or is full (`STORE_FULL`); see `mayHaveHappened`.
   */
  append(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended>;

  /** A stream that does not exist has no events and the head {@link NEW_STREAM}. */
  readStream(stream: StreamName, options?: ReadStreamOptions): Promise<StreamSlice>;

  /** One page of everything, in the log's order (or against it). */
  readAll(options?: ReadAllOptions): Promise<EventBatch>;

  /**
   * The backlog, then what is appended, without gap or repeat, for ever. Batches are pulled: a slow reader holds up nobody.
   * An empty batch only moves the checkpoint. Survives faults of the engine by itself; ends only by its signal.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<EventBatch>;

  head(): Promise<LogHead>;

  /** Ends subscriptions, makes what was appended before durable, and lets go of the engine. Later calls throw. */
  close(): Promise<void>;
}

/** The half of the store that tools use while another process owns the log. */
export type LogReader = Pick<EventStore, 'logId' | 'readStream' | 'readAll' | 'head' | 'close'>;

/** The stream has moved on since the decision was made. Nothing was written. */
export class StreamConflict extends Error {
  override readonly name = 'StreamConflict';

  constructor(
    readonly stream: StreamName,
    readonly expectedRevision: number,
    readonly actualRevision: number,
  ) {
    super(
      expectedRevision === actualRevision
        ? `Stream ${stream} has another event at revision ${actualRevision} than the one the decision was based on.`
        : `Stream ${stream} is at revision ${actualRevision}, not at ${expectedRevision}.`,
    );
  }
}

export function isStreamConflict(error: unknown): error is StreamConflict {
  return Error.isError(error) && error.name === 'StreamConflict';
}
