import { Worker } from 'node:worker_threads';

/** The thread takes memory, so that it does not stay where little is written. */
const IDLE_MS = 10_000;

export interface CheckpointFailure {
  readonly errcode: number;
  readonly message: string;
}

/**
 * As text, so that it runs from a build and from sources alike. PASSIVE waits for nobody and makes nobody wait: what it can't copy now it
 * leaves for the next time.
 */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(workerData);
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  parentPort.on('message', () => {
    try {
      checkpoint.get();
      parentPort.postMessage(undefined);
    } catch ({ errcode = 0, message }) {
      parentPort.postMessage({ errcode, message });
    }
  });
`;

/**
 * Copies the write-ahead log into the file in a thread of its own: with its fsyncs it takes tens of milliseconds, and node:sqlite would
 * spend them on the event loop, in the middle of somebody's deployment.
 */
export class Checkpointer {
  private worker: Worker | undefined;
  private working = false;
  private idle: NodeJS.Timeout | undefined;

  /** @param onDone - what was there at the beginning is copied, or why it is not. */
  constructor(
    private readonly file: string,
    private readonly onDone: (failure: CheckpointFailure | undefined) => void,
  ) {}

  /** One at a time; what is asked for meanwhile is left to the next call. */
  run(): void {
    if (this.working) return;
    this.working = true;
    clearTimeout(this.idle);
    this.worker ??= this.start();
    this.worker.postMessage(undefined);
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(THREAD, {
      eval: true,
      workerData: this.file,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    worker.unref();
    worker.on('message', (failure: CheckpointFailure | undefined) => {
      this.working = false;
      this.onDone(failure);
      this.idle = setTimeout(() => void this.close(), IDLE_MS);
      this.idle.unref();
    });
    // Without the thread SQLite does it in the process, when its log is large.
    worker.on('error', () => {
      this.working = false;
      this.worker = undefined;
    });
    return worker;
  }
}
