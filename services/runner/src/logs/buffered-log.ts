import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { LOG_CHUNK_BYTES_MAX } from '@millrace/contracts/runner';
import type { Connection } from '../control-plane/connection.js';
import { Refused, isStale } from '../control-plane/control-plane.js';
import type { ControlPlane, JobCredentials } from '../control-plane/control-plane.js';
import { persistently } from '../control-plane/persistently.js';
import type { Logger } from '../logger.js';
import { sleep } from '../waiting.js';
import { Masker } from './masker.js';

/** So much is sent at once, without waiting for more. */
const BATCH_BYTES = 64 * 1_024;
/** Less than a batch waits so long since the last one; the first bytes after a silence go out immediately. */
const BATCH_MS = 100;
/** What one request carries when there is a backlog. */
const CHUNK_BYTES_MAX = LOG_CHUNK_BYTES_MAX;
/** The file starts anew when all of it has been sent and it has grown beyond this. */
const RECYCLE_BYTES = 16 * 1_048_576;
/** A longer backlog on disk holds the action's output back until all of it has been sent. */
const BACKLOG_BYTES_MAX = 1_073_741_824;

/** Where an action's output goes. Memory use is bounded: whoever awaits `write` is held back as the log needs it. */
export interface LogSink {
  /** Appends bytes; secrets are masked. */
  write(bytes: Buffer): Promise<void>;
  /** A line of the runner's own, marked as such. */
  remark(text: string): Promise<void>;
  /** Masks these values from now on. */
  hide(...secrets: string[]): void;
}

/** What is needed to go on with a log after the runner's process was replaced. */
export interface LogState {
  /** Offset in the log of the file's first byte. */
  readonly base: number;
  /** Size of the log. */
  readonly size: number;
}

export interface LogOptions {
  readonly path: string;
  readonly job: JobCredentials;
  /** Nothing is in the log yet. Default true. */
  readonly isFirstAttempt?: boolean;
  readonly controlPlane: ControlPlane;
  readonly connection: Connection;
  readonly logger: Logger;
  readonly secrets?: readonly string[];
  /** Ends the sending, without waiting for what is unsent. */
  readonly signal: AbortSignal;
  /** The control plane says that the attempt is over. */
  readonly onStale: () => void;
}

/** A log that is buffered in a file and sent from there by offset, so that a control plane that is away holds no action up (docs/decisions/0022). */
export class BufferedLog implements LogSink {
  readonly #options: LogOptions;
  readonly #file: FileHandle;
  readonly #masker: Masker;
  readonly #sending: Promise<void>;
  #base: number;
  #size: number;
  #sent: number;
  #ended = false;
  /** The control plane takes no more of this log. */
  #refused = false;
  #writing: Promise<void> = Promise.resolve();
  #changed = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  /** A second attempt of the same action goes on behind what the first one has written. */
  static async create(options: LogOptions): Promise<BufferedLog> {
    const begun = options.isFirstAttempt !== false ? 0 : await sizeSoFar(options);
    return new BufferedLog(options, await open(options.path, 'w+', 0o600), { base: begun, size: begun });
  }

  /** Goes on with the log of a job that ended in an earlier life of the runner. */
  static async resume(options: LogOptions, state: LogState): Promise<BufferedLog> {
    return new BufferedLog(options, await open(options.path, 'r+'), state);
  }

  private constructor(options: LogOptions, file: FileHandle, state: LogState) {
    this.#options = options;
    this.#file = file;
    this.#masker = new Masker(options.secrets);
    this.#base = state.base;
    this.#sent = state.base;
    this.#size = state.size;
    this.#sending = this.#send();
    // Whoever awaits `sent` learns of it; until then nobody listens.
    this.#sending.catch(() => undefined);
  }

  state(): LogState {
    return { base: this.#base, size: this.#size };
  }

  hide(...secrets: string[]): void {
    this.#masker.add(...secrets);
  }

  async remark(text: string): Promise<void> {
    await this.write(Buffer.from(text.replace(/^/gm, '[millrace] ') + '\n'));
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#inTurn(() => this.#append(this.#masker.push(bytes)));
  }

  /** Writes what the masker holds back; nothing may be written afterwards. The size is final then, also when the disk took no more. */
  async end(): Promise<void> {
    try {
      await this.#inTurn(() => this.#append(this.#masker.end()));
    } finally {
      this.#ended = true;
      this.#notify();
    }
  }

  /** After {@link end}: all has been sent, or nobody wants it. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async dispose(): Promise<void> {
    await this.#sending.catch(() => undefined);
    await this.#file.close();
  }

  /** One write after the other; one that failed is its writer's, not the next one's. */
  async #inTurn(write: () => Promise<void>): Promise<void> {
    const mine = this.#writing.then(write);
    this.#writing = mine.catch(() => undefined);
    await mine;
  }

  async #append(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.#refused) return;
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, this.#size - this.#base);
      written += bytesWritten;
      this.#size += bytesWritten;
    }
    this.#notify();
    if (this.#size - this.#base > BACKLOG_BYTES_MAX) await this.#drained.promise;
    if (this.#sent === this.#size && this.#size - this.#base > RECYCLE_BYTES) await this.#recycle();
  }

  /** Called between two writes only, with nothing unsent. */
  async #recycle(): Promise<void> {
    await this.#file.truncate(0);
    this.#base = this.#size;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #send(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.#notify(), { once: true });
    while (!signal.aborted && !this.#refused) {
      const pending = this.#size - this.#sent;
      if (pending === 0 && this.#ended) break;
      if (pending === 0) {
        await this.#changed.promise;
        continue;
      }
      await this.#sendChunk();
      await this.#batch();
    }
    this.#drained.resolve();
  }

  /** Lets output gather, unless there is enough already or no more to come. */
  async #batch(): Promise<void> {
    if (this.#ended || this.#size - this.#sent >= BATCH_BYTES) return;
    const pause = new AbortController();
    const over = sleep(BATCH_MS, AbortSignal.any([pause.signal, this.#options.signal]));
    let waiting = true;
    void over.then(() => (waiting = false));
    while (waiting && !this.#ended && this.#size - this.#sent < BATCH_BYTES)
      await Promise.race([over, this.#changed.promise]);
    pause.abort();
  }

  async #sendChunk(): Promise<void> {
    const length = Math.min(this.#size - this.#sent, CHUNK_BYTES_MAX);
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, this.#sent - this.#base);
    if (bytesRead < length) throw new Error(`The log's file ends at ${this.#sent + bytesRead}, not at ${this.#size}.`);
    const { controlPlane, connection, job, signal } = this.#options;
    const offset = this.#sent;
    try {
      const reply = await persistently(connection, signal, () => controlPlane.appendLog(job, offset, bytes, signal));
      // A log that does not grow takes no more; it would be sent the same bytes for ever.
      if (reply.size > offset) this.#advance(reply.size);
      else this.#refused = true;
    } catch (error) {
      this.#failed(error);
    }
    if (this.#sent < this.#size) return;
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }

  #failed(error: unknown): void {
    if (this.#options.signal.aborted) return;
    if (!(error instanceof Refused)) throw error;
    const { code, size } = error;
    if (code === 'LOG_GAP' && size !== undefined && size !== this.#sent && size >= this.#base)
      return this.#advance(size);
    if (isStale(error)) this.#options.onStale();
    else
      this.#options.logger.warn({ jobId: this.#options.job.jobId, code }, 'The control plane takes no more of a log.');
    this.#refused = true;
  }

  #advance(size: number): void {
    this.#sent = Math.max(this.#base, Math.min(size, this.#size));
  }
}

/** No bytes at the beginning change nothing and tell the size. */
async function sizeSoFar({ connection, controlPlane, job, signal }: LogOptions): Promise<number> {
  const reply = await persistently(connection, signal, () => controlPlane.appendLog(job, 0, Buffer.alloc(0), signal));
  return reply.size;
}

/** For work that leaves no log. */
export const noLog: LogSink = { write: async () => {}, remark: async () => {}, hide: () => {} };
