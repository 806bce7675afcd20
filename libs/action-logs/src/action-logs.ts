import type { Readable } from 'node:stream';

/** What `read` returns when it is not told otherwise, and at most. */
export const LOG_READ_BYTES = 64 * 1024;
export const LOG_READ_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Names one log: one attempt of one action. Each part is `[A-Za-z0-9][A-Za-z0-9._-]*`, 128 characters at most; every method refuses
 * others with a RangeError.
 */
export interface LogId {
  readonly project: string;
  readonly executionId: string;
  /** The attempt's action execution id. */
  readonly actionExecutionId: string;
}

export interface LogState {
  /** Bytes that can be read. */
  readonly bytes: number;
  readonly closed: boolean;
}

export interface ClosedLog {
  /** Stored bytes, with the line that says what was dropped. */
  readonly bytes: number;
  /** Of the stored bytes, lower-case hex. */
  readonly sha256: string;
  /** Bytes that were over the cap and are not stored. After a crash of an open log it may be fewer than there were, never 0. */
  readonly dropped: number;
}

export interface LogChunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The output of actions: append by offset, follow, read at any offset. Opaque bytes, UTF-8 by convention; masked by the runner. */
export interface ActionLogs {
  /**
   * Writes `bytes` at `offset`. Idempotent: what is already there is skipped, so a repeated chunk changes nothing.
   * Beyond the cap (1 GiB by default) the bytes are counted as dropped, and a last line says so at the close.
   *
   * It outlives this process when it resolves, but the machine only after the close: a sender keeps its bytes until then.
   *
   * @returns the bytes received so far, dropped ones included: the offset of the next chunk.
   * @throws RangeError when the offset leaves a gap (it names the size), or the log is closed and the bytes go beyond it.
   * @throws OperationalError when the store is away or full (`STORE_FULL`); a part may have been written: repeat the chunk.
   */
  append(log: LogId, offset: number, bytes: Uint8Array): Promise<number>;

  /**
   * The bytes from `offset`, at most `limit` (1 to {@link LOG_READ_BYTES_MAX}, default {@link LOG_READ_BYTES}); none at or beyond the end.
   * An unknown log is empty and open.
   */
  read(log: LogId, offset: number, limit?: number): Promise<{ readonly bytes: Uint8Array; readonly state: LogState }>;

  /** Bytes from `offset` on, and whatever is appended, until the log is closed or removed, or the signal ends it. */
  follow(log: LogId, offset: number, signal: AbortSignal): AsyncIterable<LogChunk>;

  /** All there is from `offset` on, for a download. Whoever takes the stream reads it to its end or destroys it. */
  stream(log: LogId, offset?: number): Promise<Readable>;

  /**
   * No more bytes; durable when it resolves. Closing again answers the same.
   *
   * A log without a byte can be closed, too, and leaves nothing behind: after a restart it is an unknown log again, and the fact that was
   * made of this answer (`LogClosed`) is what says that it is closed.
   */
  close(log: LogId): Promise<ClosedLog>;

  state(log: LogId): Promise<LogState>;

  /** Removing what is not there is no error. Whoever follows it is at the end. */
  remove(log: LogId): Promise<void>;
}
