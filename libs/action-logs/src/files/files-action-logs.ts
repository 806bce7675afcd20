import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { OperationalError } from '@millrace/runtime';
import { LOG_READ_BYTES, LOG_READ_BYTES_MAX } from '../action-logs.js';
import type { ActionLogs, ClosedLog, LogChunk, LogId, LogState } from '../action-logs.js';
import { ifThere, makeFolder, onDisk } from './disk.js';
import { LogFile } from './log-file.js';
import { logPaths } from './log-path.js';

export interface FilesActionLogsOptions {
  /** Holds `logs/<project>/<executionId>/<actionExecutionId>.log`. One process at a time. */
  readonly directory: string;
  /** Bytes stored of one log at most; default 1 GiB. */
  readonly capBytes?: number;
  /** Files kept open between two chunks; default 64. Logs that are written at this moment may be more. */
  readonly handlesMax?: number;
  /** A named place where a test can end the process: the bytes are durable, the log is not yet closed. */
  readonly fault?: (point: 'log-close') => void;
}

const CAP_BYTES = 1024 ** 3;
const HANDLES = 64;
/** Logs whose size is known without a look at the disk. */
const LOGS_KNOWN = 1_000;
const FOLLOWED_AT_ONCE_BYTES = 256 * 1024;

/** A file a log. Chunks go to the page cache; a close makes them durable. */
export class FilesActionLogs implements ActionLogs {
  /** In the order of their use. */
  private readonly logs = new Map<string, LogFile>();
  /** Those that have a file open, in the order of their last chunk. */
  private readonly opened = new Set<LogFile>();
  private readonly capBytes: number;
  private readonly handlesMax: number;

  private constructor(
    private readonly folder: string,
    private readonly options: FilesActionLogsOptions,
  ) {
    this.capBytes = options.capBytes ?? CAP_BYTES;
    this.handlesMax = options.handlesMax ?? HANDLES;
  }

  static async open(options: FilesActionLogsOptions): Promise<FilesActionLogs> {
    const folder = join(options.directory, 'logs');
    await onDisk(makeFolder(folder));
    return new FilesActionLogs(folder, options);
  }

  async append(log: LogId, offset: number, bytes: Uint8Array): Promise<number> {
    checkOffset(offset);
    const file = this.file(log);
    const received = await file.append(offset, bytes);
    await this.releaseHandles(file);
    return received;
  }

  async read(log: LogId, offset: number, limit = LOG_READ_BYTES): Promise<{ bytes: Uint8Array; state: LogState }> {
    checkOffset(offset);
    if (!Number.isInteger(limit) || limit < 1 || limit > LOG_READ_BYTES_MAX)
      throw new RangeError(`A read takes 1 to ${LOG_READ_BYTES_MAX} bytes, not ${limit}.`);
    const file = await this.loaded(log);
    return file.busy(async () => {
      const { state } = file;
      return { bytes: await readPart(file.paths.log, offset, Math.min(limit, state.bytes - offset)), state };
    });
  }

  /** Its `return` ends a wait at once: an async generator alone would keep it until the next byte. */
  follow(log: LogId, offset: number, signal: AbortSignal): AsyncIterable<LogChunk> {
    checkOffset(offset);
    logPaths(this.folder, log);
    return {
      [Symbol.asyncIterator]: () => {
        const left = new AbortController();
        const chunks = this.chunks(log, offset, AbortSignal.any([signal, left.signal]));
        return {
          next: () => chunks.next(),
          return: () => {
            left.abort();
            return chunks.return(undefined);
          },
        };
      },
    };
  }

  async stream(log: LogId, offset = 0): Promise<Readable> {
    checkOffset(offset);
    const file = await this.loaded(log);
    const { bytes } = file.state;
    if (offset >= bytes) return Readable.from([]);
    const handle = await onDisk(open(file.paths.log, 'r'));
    return createReadStream(file.paths.log, { fd: handle, start: offset, end: bytes - 1 });
  }

  async close(log: LogId): Promise<ClosedLog> {
    const file = this.file(log);
    const closed = await file.close();
    this.opened.delete(file);
    return closed;
  }

  async state(log: LogId): Promise<LogState> {
    return (await this.loaded(log)).state;
  }

  async remove(log: LogId): Promise<void> {
    const file = this.file(log);
    await file.remove();
    this.opened.delete(file);
  }

  private async *chunks(log: LogId, offset: number, signal: AbortSignal): AsyncGenerator<LogChunk, void> {
    const file = this.file(log);
    const leave = file.use();
    signal.addEventListener('abort', leave, { once: true });
    try {
      await file.load();
      const { life } = file;
      for (let at = offset; !signal.aborted;) {
        await file.changed(at, life, signal);
        const bytes = await readPart(file.paths.log, at, Math.min(FOLLOWED_AT_ONCE_BYTES, file.state.bytes - at));
        if (signal.aborted || file.life !== life || (bytes.length === 0 && file.ended(life))) return;
        if (bytes.length === 0)
          throw new OperationalError('A part of the log is gone.', { retryable: false, code: 'LOG_DAMAGED' });
        yield { offset: at, bytes };
        at += bytes.length;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  private async loaded(log: LogId): Promise<LogFile> {
    const file = this.file(log);
    await file.busy(() => file.load());
    return file;
  }

  private file(log: LogId): LogFile {
    const paths = logPaths(this.folder, log);
    let file = this.logs.get(paths.log);
    if (file === undefined) {
      this.forgetSome();
      file = new LogFile(paths, this.capBytes, () => this.options.fault?.('log-close'));
    }
    this.logs.delete(paths.log);
    this.logs.set(paths.log, file);
    return file;
  }

  private forgetSome(): void {
    for (const [name, file] of this.logs) {
      if (this.logs.size < LOGS_KNOWN) return;
      if (file.idle && !file.hasHandle) this.logs.delete(name);
    }
  }

  private async releaseHandles(used: LogFile): Promise<void> {
    if (!used.hasHandle) return;
    this.opened.delete(used);
    this.opened.add(used);
    for (const file of this.opened) {
      if (this.opened.size <= this.handlesMax) return;
      this.opened.delete(file);
      await file.releaseHandle();
    }
  }
}

function checkOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`${offset} is no offset.`);
}

async function readPart(path: string, offset: number, length: number): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array();
  const handle = await ifThere(open(path, 'r'));
  if (handle === undefined) return new Uint8Array();
  try {
    const { buffer, bytesRead } = await onDisk(handle.read(Buffer.allocUnsafe(length), 0, length, offset));
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
