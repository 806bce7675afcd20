import type { Readable } from 'node:stream';

/** Names one log: one attempt of one action. All parts are UUIDs or names checked at the edge; none may hold a path. */
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
  readonly bytes: number;
  /** Of the stored bytes, lower-case hex. */
  readonly sha256: string;
  /** Bytes that were over the cap and are not stored. */
  readonly dropped: number;
}

/** The output of actions: append by offset, follow, read at any offset. Opaque bytes, UTF-8 by convention; masked by the runner. */
export interface ActionLogs {
  /**
   * Writes `bytes` at `offset`. Idempotent: what is already there is skipped, so a repeated chunk changes nothing.
   * Beyond the cap (1 GiB by default) the bytes are counted as dropped, and a last line says so at the close.
   *
   * @returns the size after the write: where the next chunk goes.
   * @throws RangeError when the offset leaves a gap (it names the size), or the log is closed and the bytes go beyond it.
   * @throws OperationalError when the store is away or full.
   */
  append(log: LogId, offset: number, bytes: Uint8Array): Promise<number>;

  /** The bytes from `offset`, at most `limit` (default 64 KiB, at most 4 MiB). An unknown log is empty and open. */
  read(log: LogId, offset: number, limit?: number): Promise<{ readonly bytes: Uint8Array; readonly state: LogState }>;

  /** Bytes from `offset` on, and whatever is appended, until the log is closed or the signal ends it. */
  follow(
    log: LogId,
    offset: number,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly offset: number; readonly bytes: Uint8Array }>;

  /** The whole log, for a download. */
  stream(log: LogId, offset?: number): Promise<Readable>;

  /** No more bytes; durable when it resolves. Closing again answers the same. */
  close(log: LogId): Promise<ClosedLog>;

  state(log: LogId): Promise<LogState>;

  remove(log: LogId): Promise<void>;
}
