import type { Position, Snapshots } from '@millrace/event-store';
import { OperationalError, systemTimers, type Timer, type Timers } from '@millrace/runtime';
import type { Stop } from '../projection-run.js';
import type { ProjectionStatus, Projector } from '../projector.js';
import { Waiters } from '../waiters.js';
import { fromTold } from './failures.js';
import type { Channel, FromProjector, ToProjector } from './protocol.js';

export interface ProjectorThread extends Channel<ToProjector, FromProjector> {
  /** Resolves when the thread has ended, with what has ended it, if something has. */
  readonly ended: Promise<unknown>;
}

export interface RemoteProjectorOptions {
  /** Starts a thread that runs {@link hostProjector}. */
  readonly open: () => ProjectorThread;
  /** The log's head, for the lag. */
  readonly head: () => Position;
  /** The thread has ended by itself: it is started again. */
  readonly onEnded?: (cause: unknown) => void;
  readonly onStopped?: (status: ProjectionStatus) => void;
  /** The read models were away or full; it goes on trying. */
  readonly onRetry?: (cause: Error, attempt: number) => void;
  readonly onNotice?: (message: string) => void;
  /** Default: the system's. */
  readonly timers?: Timers;
}

/** Before a thread that has ended is started again; doubled each time, until one has started. */
const RESTART_AFTER_MS = 100;
const RESTART_AFTER_MS_MAX = 10_000;

interface Request {
  readonly resolve: (value: number) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress?: ((done: Position, of: Position) => void) | undefined;
}

/** A projector in a thread of its own. It is as long-lived as its owner: a thread that ends is started again, and whoever waits goes on waiting. */
export class RemoteProjector implements Projector {
  private readonly timers: Timers;
  private readonly waiters: Waiters;
  private readonly requests = new Map<number, Request>();
  private readonly stopped = new Map<string, Stop>();
  private names: readonly string[] = [];
  private checkpoints: readonly Position[] = [];
  private thread: ProjectorThread | undefined;
  private stopping = false;
  private restarting = false;
  private restart: Timer | undefined;
  private lastRequest = 0;

  constructor(private readonly options: RemoteProjectorOptions) {
    this.timers = options.timers ?? systemTimers;
    this.waiters = new Waiters(this.timers);
  }

  /** The log has moved on, and the thread has asked to be told so. */
  wake(): void {
    this.thread?.postMessage({ type: 'wake' });
  }

  async start(): Promise<void> {
    if (this.thread !== undefined) return;
    this.stopping = false;
    await this.open();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.restart?.cancel();
    this.thread?.postMessage({ type: 'stop' });
    await this.thread?.ended;
    this.waiters.giveUp();
  }

  status(): readonly ProjectionStatus[] {
    return this.names.map((name) => this.statusOf(name));
  }

  checkpoint(): Position {
    return lowest(this.checkpoints) ?? 0n;
  }

  async reached(position: Position, timeoutMs: number): Promise<boolean> {
    if (this.names.length > 0 && this.stopped.size === this.names.length) return false;
    if (this.names.length > 0 && this.runningCheckpoint() >= position) return true;
    return this.waiters.wait(position, timeoutMs);
  }

  async rebuild(projection: string, onProgress?: (done: Position, of: Position) => void): Promise<number> {
    if (!this.names.includes(projection)) throw new RangeError(`There is no projection ${projection}.`);
    return this.ask((id) => ({ type: 'rebuild', id, projection }), onProgress);
  }

  readonly saveSnapshot: Snapshots['save'] = async (stream, { name, version }, snapshot) => {
    await this.ask((id) => ({ type: 'save-snapshot', id, stream, decider: { name, version }, snapshot }));
  };

  private async open(): Promise<void> {
    const thread = this.options.open();
    this.thread = thread;
    const started = Promise.withResolvers<void>();
    thread.on('message', (message) => {
      if (message.type === 'started') started.resolve();
      this.hear(message);
    });
    void thread.ended.then((cause) => {
      started.reject(cause);
      this.threadEnded(cause);
    });
    await started.promise;
  }

  private threadEnded(cause: unknown): void {
    const hadStarted = this.names.length > 0;
    this.thread = undefined;
    for (const [id, { reject }] of this.requests) {
      this.requests.delete(id);
      reject(new OperationalError('The projector has stopped.', { retryable: true, mayHaveHappened: true }));
    }
    if (this.stopping || !hadStarted || this.restarting) return;
    this.options.onEnded?.(cause);
    this.openAgain(RESTART_AFTER_MS);
  }

  private openAgain(delayMs: number): void {
    this.restarting = true;
    this.restart = this.timers.after(delayMs, () => {
      this.stopped.clear();
      this.open().then(
        () => (this.restarting = false),
        () => this.openAgain(Math.min(delayMs * 2, RESTART_AFTER_MS_MAX)),
      );
    });
  }

  private hear(message: FromProjector): void {
    switch (message.type) {
      case 'started':
        this.names = message.projections;
        return this.passed(message.checkpoints);
      case 'applied':
        return this.passed(message.checkpoints);
      case 'stopped':
        return this.projectionStopped(message.projection, message.by);
      case 'retry':
        return this.options.onRetry?.(fromTold(message.failure), message.attempt);
      case 'notice':
        return this.options.onNotice?.(message.message);
      case 'progress':
        return this.requests.get(message.id)?.onProgress?.(message.done, message.of);
      case 'answer':
        this.requests.get(message.id)?.resolve(message.value);
        return void this.requests.delete(message.id);
      case 'failure':
        this.requests.get(message.id)?.reject(fromTold(message.failure));
        return void this.requests.delete(message.id);
    }
  }

  private passed(checkpoints: readonly Position[]): void {
    this.checkpoints = checkpoints;
    if (this.names.length === 0) return;
    if (this.stopped.size === this.names.length) this.waiters.giveUp();
    else this.waiters.passed(this.runningCheckpoint());
  }

  private projectionStopped(projection: string, by: Stop | null): void {
    if (by === null) this.stopped.delete(projection);
    else this.stopped.set(projection, by);
    this.passed(this.checkpoints);
    if (by !== null) this.options.onStopped?.(this.statusOf(projection));
  }

  private statusOf(name: string): ProjectionStatus {
    const checkpoint = this.checkpoints[this.names.indexOf(name)] ?? 0n;
    const stoppedBy = this.stopped.get(name);
    const lag = Math.max(0, Number(this.options.head() - checkpoint));
    return { name, checkpoint, lag, ...(stoppedBy === undefined ? {} : { stoppedBy }) };
  }

  /** A projection that has stopped holds up nobody. */
  private runningCheckpoint(): Position {
    if (this.stopped.size === 0) return lowest(this.checkpoints) ?? 0n;
    return lowest(this.checkpoints.filter((_, at) => !this.stopped.has(this.names[at] ?? ''))) ?? 0n;
  }

  private ask(
    message: (id: number) => ToProjector,
    onProgress?: (done: Position, of: Position) => void,
  ): Promise<number> {
    const { thread } = this;
    if (thread === undefined)
      throw new OperationalError('The projector does not run.', { retryable: true, mayHaveHappened: false });
    this.lastRequest += 1;
    const id = this.lastRequest;
    return new Promise((resolve, reject) => {
      this.requests.set(id, { resolve, reject, onProgress });
      thread.postMessage(message(id));
    });
  }
}

function lowest(positions: readonly Position[]): Position | undefined {
  return positions.reduce<Position | undefined>(
    (least, position) => (least === undefined || position < least ? position : least),
    undefined,
  );
}
