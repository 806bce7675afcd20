import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, open, rm, rmdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ClosedLog, LogState } from '../action-logs.js';
import { ifThere, isThere, makeFolder, onDisk, readJson, writeJson, writeJsonDurably } from './disk.js';
import type { LogPaths } from './log-path.js';

/** How often the count of dropped bytes is written down: after a crash it is known to be at least that. */
const DROPPED_NOTE_BYTES = 16 * 1024 * 1024;
const HASHED_AT_ONCE_BYTES = 256 * 1024;

/** As the sidecar of a closed log holds it. */
interface Closed extends ClosedLog {
  /** Offset behind the last byte that was sent. */
  readonly received: number;
}

/** As the sidecar of a log over its cap holds it. */
interface Dropped {
  /** Bytes in the file when the first was dropped. */
  readonly stored: number;
  readonly dropped: number;
}

/** One log. All that writes waits its turn; whoever reads relies on {@link stored} alone. */
export class LogFile {
  private turn: Promise<unknown> = Promise.resolve();
  private loading: Promise<void> | undefined;
  private handle: FileHandle | undefined;
  /** Of the stored bytes, as long as all of them passed through here. */
  private hash: Hash | undefined;
  private storedBytes = 0;
  private received = 0;
  private noted: Dropped | undefined;
  private answer: Closed | undefined;
  /** Removals so far: who follows the log that was is at the end of it. */
  private removals = 0;
  private users = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly paths: LogPaths,
    private readonly capBytes: number,
    private readonly fault: () => void,
  ) {}

  get state(): LogState {
    return { bytes: this.storedBytes, closed: this.answer !== undefined };
  }

  get hasHandle(): boolean {
    return this.handle !== undefined;
  }

  /** Nobody works on it or waits for it: it may be forgotten. */
  get idle(): boolean {
    return this.users === 0 && this.waiting.size === 0;
  }

  get life(): number {
    return this.removals;
  }

  /** Nothing will be added any more to what it was in this life. */
  ended(life: number): boolean {
    return this.removals !== life || this.answer !== undefined;
  }

  load(): Promise<void> {
    this.loading ??= this.readState().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  append(offset: number, bytes: Uint8Array): Promise<number> {
    return this.inTurn(async () => {
      const end = offset + bytes.length;
      if (end <= this.received) return this.received;
      if (this.answer !== undefined)
        throw new RangeError(`The log is closed at ${this.received} bytes, so nothing can be added at ${offset}.`);
      // Over the cap nothing is stored, and so nothing can be missing.
      if (offset > this.received && this.noted === undefined && this.storedBytes < this.capBytes)
        throw new RangeError(`The log has ${this.received} bytes, so there would be a gap before ${offset}.`);
      const from = Math.max(offset, this.received);
      const room = this.noted === undefined ? Math.max(0, this.capBytes - this.storedBytes) : 0;
      const fresh = bytes.subarray(from - offset);
      try {
        if (room > 0) await this.write(fresh.subarray(0, room));
      } finally {
        this.received = Math.max(this.received, this.storedBytes);
      }
      this.received = end;
      if (this.received > this.storedBytes) await this.noteDropped();
      return this.received;
    });
  }

  close(): Promise<ClosedLog> {
    return this.inTurn(async () => {
      this.answer ??= await this.seal();
      this.wake();
      const { bytes, sha256, dropped } = this.answer;
      return { bytes, sha256, dropped };
    });
  }

  remove(): Promise<void> {
    return this.inTurn(async () => {
      await this.closeHandle();
      // The sidecars last: without them a log that is half removed would be an open one.
      for (const file of [this.paths.log, this.paths.dropped, this.paths.closed])
        await onDisk(rm(file, { force: true }));
      // The last log of an execution takes the folder with it.
      await rmdir(this.paths.folder).catch(() => undefined);
      [this.storedBytes, this.received, this.noted, this.answer] = [0, 0, undefined, undefined];
      this.hash = createHash('sha256');
      this.removals += 1;
      this.wake();
    });
  }

  releaseHandle(): Promise<void> {
    return this.inTurn(() => this.closeHandle());
  }

  /** Resolves when there are bytes beyond `offset`, the log has ended, or the signal ends it. */
  changed(offset: number, life: number, signal: AbortSignal): Promise<void> {
    const due = (): boolean => this.storedBytes > offset || this.ended(life) || signal.aborted;
    return new Promise((resolve) => {
      if (due()) return resolve();
      const look = (): void => {
        if (!due()) return;
        this.waiting.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.waiting.add(look);
      signal.addEventListener('abort', look);
    });
  }

  /** Keeps it from being forgotten, until what it returns is called. */
  use(): () => void {
    this.users += 1;
    let using = true;
    return () => {
      if (using) this.users -= 1;
      using = false;
    };
  }

  /** Keeps it from being forgotten while the work lasts. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.use();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.busy(() => {
      const turn = this.turn.then(() => this.load()).then(work);
      this.turn = turn.catch(() => undefined);
      return turn;
    });
  }

  private async readState(): Promise<void> {
    // Most logs that are closed without a byte have no folder either.
    if (isThere(this.paths.folder)) await this.readFiles();
    else this.hash = createHash('sha256');
  }

  private async readFiles(): Promise<void> {
    this.answer = await readJson<Closed>(this.paths.closed);
    this.noted = await readJson<Dropped>(this.paths.dropped);
    const size = (await ifThere(stat(this.paths.log)))?.size ?? 0;
    if (this.answer !== undefined) {
      [this.storedBytes, this.received] = [this.answer.bytes, this.answer.received];
      return;
    }
    // Beyond what was noted stands the last line of a close that was not finished; it is written again.
    this.storedBytes = Math.min(size, this.noted?.stored ?? size);
    this.received = this.storedBytes + (this.noted?.dropped ?? 0);
    if (this.storedBytes < size) await onDisk(this.open().then((handle) => handle.truncate(this.storedBytes)));
    this.hash = this.storedBytes === 0 ? createHash('sha256') : undefined;
  }

  /** Counts what it has written even when it fails half-way: those bytes are the log's, and a repeated chunk goes on behind them. */
  private async write(bytes: Uint8Array): Promise<void> {
    const handle = await onDisk(this.open());
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await onDisk(handle.write(bytes, at, bytes.length - at, this.storedBytes));
        this.hash?.update(bytes.subarray(at, at + bytesWritten));
        this.storedBytes += bytesWritten;
        at += bytesWritten;
      }
    } finally {
      this.wake();
    }
  }

  private async noteDropped(): Promise<void> {
    const dropped = this.received - this.storedBytes;
    if (this.noted !== undefined && dropped < this.noted.dropped + DROPPED_NOTE_BYTES) return;
    const note = { stored: this.storedBytes, dropped };
    await onDisk(makeFolder(this.paths.folder));
    await onDisk(writeJson(this.paths.dropped, note));
    this.noted = note;
  }

  private async seal(): Promise<Closed> {
    const [stored, hash] = [this.storedBytes, this.hash?.copy()];
    try {
      return await this.sealWithLastLine(this.received - stored);
    } catch (error) {
      // The last line is no part of an open log: the next close writes it again, over this one.
      [this.storedBytes, this.hash] = [stored, hash];
      throw error;
    }
  }

  private async sealWithLastLine(dropped: number): Promise<Closed> {
    // Most of the cost of a close are syncs; there is nothing to be synced.
    if (this.received === 0) return { bytes: 0, sha256: await this.digest(), dropped: 0, received: 0 };
    if (dropped > 0) await this.write(Buffer.from(lastLine(dropped, this.storedBytes)));
    const handle = await onDisk(this.open());
    await onDisk(handle.sync());
    this.fault();
    const closed = { bytes: this.storedBytes, sha256: await this.digest(), dropped, received: this.received };
    await onDisk(writeJsonDurably(this.paths.closed, closed));
    await this.closeHandle();
    this.hash = undefined;
    return closed;
  }

  private async digest(): Promise<string> {
    if (this.hash !== undefined) return this.hash.copy().digest('hex');
    // Begun in an earlier run: read again, a piece at a time, between which others have their turn.
    const hash = createHash('sha256');
    const pieces = createReadStream(this.paths.log, { end: this.storedBytes - 1, highWaterMark: HASHED_AT_ONCE_BYTES });
    await onDisk(
      (async () => {
        for await (const piece of pieces) hash.update(piece as Buffer);
      })(),
    );
    return hash.digest('hex');
  }

  private async open(): Promise<FileHandle> {
    if (this.handle === undefined) {
      await makeFolder(this.paths.folder);
      this.handle = await open(this.paths.log, constants.O_RDWR | constants.O_CREAT, 0o600);
    }
    return this.handle;
  }

  private async closeHandle(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    if (handle !== undefined) await onDisk(handle.close());
  }

  private wake(): void {
    for (const look of this.waiting) look();
  }
}

function lastLine(dropped: number, stored: number): string {
  return `\n[millrace] The log has reached its limit: ${dropped} bytes after the first ${stored} were dropped.\n`;
}
