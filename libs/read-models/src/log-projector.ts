import { setImmediate as nextTurn } from 'node:timers/promises';
import { CATEGORIES } from '@millrace/contracts';
import type { EventBatch, Position } from '@millrace/event-store';
import { OperationalError, isOperational, systemTimers } from '@millrace/runtime';
import type { Timers } from '@millrace/runtime';
import { ProjectionRun } from './projection-run.js';
import type { Folded, RunStore } from './projection-run.js';
import type { Projection, ProjectionStatus, Projector, ProjectorOptions } from './projector.js';
import { Waiters } from './waiters.js';

const CACHED_DOCUMENTS = 2_000;
/** Events folded at once, where nothing else is said: what a batch may hold up the process for. */
const BATCH_EVENTS = 500;
/** A rebuild shares the process with those who are served meanwhile. */
const REBUILD_EVENTS = 250;
/**
 * After a batch that wrote much the loop rests for some times as long as it took, so that the next events come together: a document that
 * twenty events touch in a row is then written a few times instead of twenty, and views take no more than their share of a busy machine.
 * Whoever waits for a view waits longer by the rest at most, and only under load.
 */
const REST_FROM_DOCUMENTS = 16;
const REST_FOR_WORK = 3;
const REST_MS_MAX = 250;
const RETRY_AFTER_MS = 100;
const RETRY_AFTER_MS_MAX = 5_000;
/** Documents that a rebuild reads back before it is trusted. */
const VERIFIED_DOCUMENTS = 100;

/** @throws RangeError when two projections share a name or a collection. */
export function createProjector(options: ProjectorOptions): Projector {
  return new LogProjector(options);
}

class LogProjector implements Projector {
  private readonly runs: readonly ProjectionRun[];
  private readonly timers: Timers;
  private readonly waiters: Waiters;
  private readonly rebuilding = new Map<string, Promise<number>>();
  /** Whoever moves a projection's checkpoint holds this: the loop a batch long, a rebuild while it swaps. */
  private turn: Promise<unknown> = Promise.resolve();
  private ending = new AbortController();
  private loop: Promise<void> | undefined;
  private headSeen: Position = 0n;
  /** What the loop has behind it will not be delivered again. */
  private delivered: Position = 0n;

  constructor(private readonly options: ProjectorOptions) {
    checkDistinct(options.projections);
    this.timers = options.timers ?? systemTimers;
    this.waiters = new Waiters(this.timers);
    this.runs = options.projections.map((projection) => this.run(projection, options.readModels));
  }

  async start(): Promise<void> {
    if (this.loop !== undefined) return;
    this.ending = new AbortController();
    for (const { projection } of this.runs)
      await this.options.readModels.declare(projection.name, [projection.collection]);
    for (const run of this.runs) await run.resume();
    this.headSeen = (await this.options.store.head()).position;
    for (const run of this.runs)
      if (run.checkpoint > this.headSeen) this.stopRun(run, this.headSeen, aheadOfLog(run, this.headSeen));
    this.loop = this.follow(this.ending.signal);
    this.announce();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.allSettled([this.loop, ...this.rebuilding.values()]);
    this.loop = undefined;
    this.waiters.giveUp();
  }

  status(): readonly ProjectionStatus[] {
    void this.seeHead();
    return this.runs.map(({ projection, checkpoint, stoppedBy }) => ({
      name: projection.name,
      checkpoint,
      lag: Math.max(0, Number(this.headSeen - checkpoint)),
      ...(stoppedBy !== undefined && { stoppedBy }),
    }));
  }

  checkpoint(): Position {
    return lowest(this.runs) ?? 0n;
  }

  async reached(position: Position, timeoutMs: number): Promise<boolean> {
    const running = this.running();
    if (this.loop !== undefined && running.length === 0) return false;
    if (this.loop !== undefined && (lowest(running) ?? 0n) >= position) return true;
    return this.waiters.wait(position, timeoutMs);
  }

  async rebuild(name: string, onProgress?: (done: Position, of: Position) => void): Promise<number> {
    const run = this.runs.find(({ projection }) => projection.name === name);
    if (run === undefined) throw new RangeError(`There is no projection ${name}.`);
    if (this.rebuilding.has(name))
      throw new OperationalError(`Projection ${name} is being rebuilt.`, { retryable: true, code: 'REBUILD_RUNNING' });
    const rebuild = this.rebuildRun(run, onProgress ?? (() => undefined));
    this.rebuilding.set(name, rebuild);
    try {
      return await rebuild;
    } finally {
      this.rebuilding.delete(name);
    }
  }

  private run(projection: Projection, store: RunStore): ProjectionRun {
    return new ProjectionRun(projection, store, this.options.cachedDocumentsMax ?? CACHED_DOCUMENTS);
  }

  private running(): readonly ProjectionRun[] {
    return this.runs.filter(({ stoppedBy }) => stoppedBy === undefined);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const { store } = this.options;
    const after = lowest(this.running()) ?? this.headSeen;
    const batchMax = this.options.batchEventsMax ?? BATCH_EVENTS;
    this.delivered = after;
    try {
      for await (const batch of store.subscribe({ after, categories: CATEGORIES, batchMax, signal })) {
        const startedAtMs = performance.now();
        const documents = await this.exclusively(() => this.project(batch, signal));
        if (signal.aborted) return;
        // With embedded engines nothing on this way ever waits: without a pause a long backlog would shut everybody else out.
        if (!batch.caughtUp) await nextTurn();
        else if (documents >= REST_FROM_DOCUMENTS)
          await this.pause(Math.min((performance.now() - startedAtMs) * REST_FOR_WORK, REST_MS_MAX), signal);
      }
    } catch (error) {
      if (!signal.aborted) this.stopAll(error);
    }
  }

  /**
   * Each event was read and decoded once; each projection folds it, and all write in one turn of the event loop.
   *
   * @returns how many documents were written.
   */
  private async project(batch: EventBatch, signal: AbortSignal): Promise<number> {
    if (batch.checkpoint > this.headSeen) this.headSeen = batch.checkpoint;
    const folds = await Promise.all(this.runs.map((run) => this.foldOrStop(run, batch, signal)));
    if (signal.aborted) return 0;
    if (folds.some((folded) => folded !== undefined)) this.options.fault?.('projection');
    await Promise.all(this.runs.map((run, at) => this.applyOrStop(run, folds[at], signal)));
    if (signal.aborted) return 0;
    this.delivered = batch.checkpoint;
    this.announce();
    return folds.reduce((sum, folded) => sum + (folded?.batch.writes.length ?? 0), 0);
  }

  private async foldOrStop(run: ProjectionRun, batch: EventBatch, signal: AbortSignal): Promise<Folded | undefined> {
    try {
      return await this.persistently(() => run.fold(batch), signal);
    } catch (error) {
      this.stopRun(run, batch.checkpoint, error);
      return undefined;
    }
  }

  private async applyOrStop(run: ProjectionRun, folded: Folded | undefined, signal: AbortSignal): Promise<void> {
    if (folded === undefined) return;
    try {
      await this.persistently(() => run.apply(folded), signal);
      if (run.stoppedBy !== undefined) this.reportStop(run);
    } catch (error) {
      this.stopRun(run, folded.batch.checkpoint, error);
    }
  }

  /** Tries again while the read models are away or full; what has not happened by the end of the signal has not happened. */
  private async persistently<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!isOperational(error) || !error.retryable) throw error;
        this.options.onRetry?.(error, attempts);
        await this.pause(Math.min(RETRY_AFTER_MS * 2 ** (attempts - 1), RETRY_AFTER_MS_MAX), signal);
        if (signal.aborted) return undefined;
      }
    }
  }

  private pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = this.timers.after(delayMs, done);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  private async rebuildRun(run: ProjectionRun, onProgress: (done: Position, of: Position) => void): Promise<number> {
    const { projection } = run;
    const { readModels, store } = this.options;
    const { signal } = this.ending;
    await readModels.declare(projection.name, [projection.collection]);
    const shadow = await readModels.shadow(projection.name, [projection.collection]);
    try {
      const rebuilt = new Rebuild(this.run(projection, shadow.store), shadow.store);
      const of = (await store.head()).position;
      const next = async (): Promise<boolean> => {
        stopIfEnding(signal, projection);
        const batch = await store.readAll({
          after: rebuilt.run.checkpoint,
          limit: REBUILD_EVENTS,
          categories: CATEGORIES,
        });
        await rebuilt.add(batch);
        onProgress(rebuilt.run.checkpoint, of);
        await nextTurn();
        return !batch.caughtUp;
      };
      while (await next());
      return await this.exclusively(async () => {
        // Nobody who has seen a position in the view may lose sight of it, and what the loop has behind it does not come again.
        const target = run.checkpoint > this.delivered ? run.checkpoint : this.delivered;
        while (rebuilt.run.checkpoint < target && (await next()));
        const documents = await rebuilt.verify();
        await shadow.swap();
        await run.resume();
        this.announce();
        return documents;
      });
    } catch (error) {
      await shadow.discard().catch(() => undefined);
      throw error;
    }
  }

  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(work);
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  private announce(): void {
    const running = this.running();
    if (running.length === 0) this.waiters.giveUp();
    else this.waiters.passed(lowest(running) ?? 0n);
    this.options.onApplied?.(this.checkpoint());
  }

  private stopRun(run: ProjectionRun, position: Position, error: unknown): void {
    run.stop({ position, cause: Error.isError(error) ? error.message : String(error) });
    this.reportStop(run);
  }

  private stopAll(error: unknown): void {
    for (const run of this.running()) this.stopRun(run, run.checkpoint, error);
    this.waiters.giveUp();
  }

  private reportStop({ projection }: ProjectionRun): void {
    const status = this.status().find(({ name }) => name === projection.name);
    if (status !== undefined) this.options.onStopped?.(status);
  }

  private async seeHead(): Promise<void> {
    try {
      const { position } = await this.options.store.head();
      if (position > this.headSeen) this.headSeen = position;
    } catch {
      // The log is away: the lag that was seen last is the best there is.
    }
  }
}

/** A second set of documents, made from the first event on. */
class Rebuild {
  private documents = 0;
  private sample: Folded['batch']['writes'] = [];

  constructor(
    readonly run: ProjectionRun,
    private readonly store: RunStore,
  ) {}

  async add(batch: EventBatch): Promise<void> {
    const folded = await this.run.fold(batch);
    if (folded === undefined) return;
    await this.run.apply(folded);
    if (this.run.stoppedBy !== undefined)
      throw new Error(`The rebuild met what it does not know: ${this.run.stoppedBy.cause}`);
    this.documents += folded.added;
    if (folded.batch.writes.length > 0) this.sample = folded.batch.writes.slice(-VERIFIED_DOCUMENTS);
  }

  /** What is stored is what was folded: the checkpoint, how many documents, and the last of them word for word. */
  async verify(): Promise<number> {
    const { name, collection } = this.run.projection;
    const [checkpoint, count] = [await this.store.checkpoint(name), await this.store.count(collection.name)];
    if (checkpoint !== this.run.checkpoint || count !== this.documents)
      throw new Error(
        `The rebuild of ${name} holds ${count} documents at ${checkpoint}; ${this.documents} at ${this.run.checkpoint} were folded.`,
      );
    const stored = await this.store.getMany(
      collection.name,
      this.sample.map(({ id }) => id),
    );
    this.sample.forEach(({ id, document }, at) => {
      if (JSON.stringify(stored[at]?.document) !== JSON.stringify(document))
        throw new Error(`The rebuild of ${name} does not hold document ${id} as it was folded.`);
    });
    return count;
  }
}

function stopIfEnding(signal: AbortSignal, { name }: Projection): void {
  if (signal.aborted)
    throw new OperationalError(`The rebuild of ${name} was given up: the projector stops.`, { retryable: true });
}

/** Its documents hold events that the log has lost (docs/decisions/0008): only a rebuild makes them true again. */
function aheadOfLog({ checkpoint }: ProjectionRun, head: Position): Error {
  return new Error(`The view has seen position ${checkpoint}, but the log ends at ${head}.`);
}

function lowest(runs: readonly ProjectionRun[]): Position | undefined {
  return runs.reduce<Position | undefined>(
    (least, { checkpoint }) => (least === undefined || checkpoint < least ? checkpoint : least),
    undefined,
  );
}

function checkDistinct(projections: readonly Projection[]): void {
  const names = new Set(
    projections.flatMap(({ name, collection }) => [`projection ${name}`, `collection ${collection.name}`]),
  );
  if (names.size !== projections.length * 2)
    throw new RangeError('Each projection has a name and a collection of its own (docs/decisions/0012).');
}
