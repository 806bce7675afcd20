import { createHash, randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { HEARTBEAT_MS, LONG_POLL_MS } from '@millrace/contracts/runner';
import type { HeartbeatReply, Job, LeaseRequest } from '@millrace/contracts/runner';
import { makeDirectory } from '@millrace/runtime';
import { Connection } from './control-plane/connection.js';
import { ControlPlane, Refused, Unreachable } from './control-plane/control-plane.js';
import { DirectoryLock } from './directory-lock.js';
import { JobRun, providerKey } from './jobs/job-run.js';
import type { JobServices } from './jobs/job-run.js';
import { recoverJobs } from './jobs/recovered-job.js';
import type { RecoveredJob } from './jobs/recovered-job.js';
import type { Logger } from './logger.js';
import { baseEnvironment, credentialEnvironment } from './processes/environment.js';
import { detectIsolation } from './processes/isolation.js';
import type { Isolation } from './processes/isolation.js';
import { sweep } from './processes/sweep.js';
import type { ActionProvider } from './providers/provider.js';
import { providers as ownProviders } from './providers/table.js';
import { settledWithin, sleep } from './waiting.js';

/** An orderly stop takes no longer (docs/decisions/0020); results that could not be reported by then stay on disk. */
export const STOP_MS_MAX = 9_500;
/** What a result gets at the stop when there is no more time. */
const LAST_TRY_MS = 250;
/** Jobs that are over by then need no heartbeat: their lease is fresh. The others are in one from then on. */
const RIPE_MS = 50;
/** Between two heartbeats when an answer came early and said nothing new. */
const HEARTBEAT_PAUSE_MS = 250;
/** A token that is refused for so long is wrong, not early. */
const REFUSED_PATIENCE_MS = 30_000;
/** How often a runner without contact looks at its patience. */
const PATIENCE_CHECK_MS = 1_000;
export const OFFLINE_PATIENCE_MS = 15 * 60_000;
const SLOTS_MIN = 4;

export interface RunnerOptions {
  /** Of the gateway, http or https; a path is kept. */
  readonly url: string;
  /** The runner's own token. */
  readonly token: string;
  /** Work, caches and unreported results; made if absent; one runner at a time. */
  readonly directory: string;
  /** Stable as long as the process lives. Default: host name and a random part. */
  readonly runnerId?: string;
  readonly labels?: readonly string[];
  /** Jobs at a time. Default: two a core, four at least. */
  readonly slots?: number;
  /** Without contact and without work for so long, the runner ends. Milliseconds; default {@link OFFLINE_PATIENCE_MS}. */
  readonly offlinePatienceMs?: number;
  readonly logger: Logger;
  /** The process's own environment; children get an allow-listed part of it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Default: all providers of `providers/table.ts`. */
  readonly providers?: readonly ActionProvider[];
  /** Default: the best that works here. */
  readonly isolation?: Isolation;
}

/** Why a runner ended. */
export type RunnerEnd = 'stopped' | 'offline' | 'refused';

type Held = JobRun | RecoveredJob;

/** Leases jobs, does them, reports (docs/decisions/0018). It touches nothing but its directory and the control plane. */
export class Runner {
  readonly runnerId: string;
  readonly slots: number;
  /** Settles when the runner has ended, by {@link stop} or by itself. */
  readonly ended: Promise<RunnerEnd>;
  readonly #options: RunnerOptions;
  readonly #services: JobServices;
  readonly #lock: DirectoryLock;
  readonly #closing: AbortController;
  /** Aborted when no more jobs are wanted. */
  readonly #stopping = new AbortController();
  readonly #held = new Map<string, Held>();
  /** Jobs that are to be in a heartbeat. */
  readonly #ripe = new Set<string>();
  readonly #told = new WeakMap<Held, 'cancel' | 'forget'>();
  #heartbeatNow = Promise.withResolvers<void>();
  #slotFreed = Promise.withResolvers<void>();
  #refusedSinceMs: number | undefined;
  #end: RunnerEnd = 'stopped';

  constructor(options: RunnerOptions, services: JobServices, closing: AbortController, lock: DirectoryLock) {
    this.#options = options;
    this.#services = services;
    this.#closing = closing;
    this.#lock = lock;
    this.runnerId =
      options.runnerId ??
      `${hostname()
        .replace(/[^A-Za-z0-9._-]/g, '-')
        .slice(0, 60)}-${randomUUID().slice(0, 8)}`;
    this.slots = options.slots ?? Math.max(SLOTS_MIN, 2 * availableParallelism());
    this.ended = this.#live();
  }

  /** Stops in an orderly way: jobs are handed back, effects get a short grace; within 10 s. Safe to repeat. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.ended;
  }

  async #live(): Promise<RunnerEnd> {
    for (const job of await recoverJobs(this.#services)) this.#hold(job);
    const beating = this.#heartbeats();
    const patience = this.#watchPatience();
    await this.#leases();
    await this.#finish();
    await Promise.all([beating, patience]);
    this.#services.controlPlane.close();
    this.#lock.release();
    return this.#end;
  }

  // Leases ────────────────────────────────────────────────────────────────────

  /** One request for work is always pending while a slot is free. */
  async #leases(): Promise<void> {
    const { signal } = this.#stopping;
    signal.addEventListener('abort', () => this.#slotFreed.resolve(), { once: true });
    while (!signal.aborted) {
      if (this.#running() >= this.slots) {
        this.#slotFreed = Promise.withResolvers();
        await this.#slotFreed.promise;
        continue;
      }
      const job = await this.#lease();
      if (job !== undefined) this.#start(job);
    }
  }

  /** Asks until an answer has come, always for the same request: a job in a lost answer is not lost. */
  async #lease(): Promise<Job | undefined> {
    const { controlPlane, connection } = this.#services;
    const { signal } = this.#stopping;
    const request = { requestId: randomUUID(), runnerId: this.runnerId, labels: [...(this.#options.labels ?? [])] };
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const { job } = await controlPlane.lease({ ...request, waitMs: LONG_POLL_MS }, signal);
        this.#refusedSinceMs = undefined;
        return job;
      } catch (error) {
        if (signal.aborted) break;
        this.#weigh(error);
        await connection.pause(attempt, signal);
      }
    }
    return await this.#leaseAtStop(request);
  }

  /** The request that the stop cut off may have been answered: a job in that answer is handed back, not left to lapse. */
  async #leaseAtStop(request: Omit<LeaseRequest, 'waitMs'>): Promise<Job | undefined> {
    try {
      return (await this.#services.controlPlane.lease({ ...request, waitMs: 0 }, AbortSignal.timeout(1_000))).job;
    } catch {
      return undefined;
    }
  }

  #weigh(error: unknown): void {
    if (error instanceof Unreachable) return;
    const { logger } = this.#services;
    if (!(error instanceof Refused)) throw error;
    // Once: it is asked again and again, and answers the same.
    if (this.#refusedSinceMs === undefined)
      logger.error(
        { status: error.status, code: error.code, error: error.message, triedForMs: REFUSED_PATIENCE_MS },
        'The control plane gives this runner no work.',
      );
    this.#refusedSinceMs ??= Date.now();
    if (Date.now() - this.#refusedSinceMs >= REFUSED_PATIENCE_MS) this.#endBecause('refused');
  }

  #start(job: Job): void {
    this.#services.logger.info(
      { jobId: job.jobId, action: providerKey(job.actionTypeId), pipeline: job.pipelineName },
      'Job leased.',
    );
    // A lease is answered twice when the first answer was lost on its way and not lost after all.
    if (this.#held.has(job.jobId)) return;
    const run = new JobRun(job, this.#services);
    this.#hold(run);
    if (this.#stopping.signal.aborted) void run.stop();
  }

  #hold(held: Held): void {
    const { jobId } = held.job;
    this.#held.set(jobId, held);
    void sleep(RIPE_MS, this.#closing.signal).then(() => {
      if (this.#held.get(jobId) !== held) return;
      this.#ripe.add(jobId);
      this.#heartbeatNow.resolve();
    });
    void held.done.then(() => {
      this.#held.delete(jobId);
      this.#ripe.delete(jobId);
      this.#slotFreed.resolve();
    });
  }

  #running(): number {
    return [...this.#held.values()].filter((held) => held instanceof JobRun).length;
  }

  /** Something runs; results that wait to be reported do not count. */
  #working(): boolean {
    return [...this.#held.values()].some((held) => held.working);
  }

  // Heartbeats ────────────────────────────────────────────────────────────────

  /** One long poll for all jobs: it renews the leases, and brings a cancellation the moment it is decided. */
  async #heartbeats(): Promise<void> {
    const { signal } = this.#closing;
    signal.addEventListener('abort', () => this.#heartbeatNow.resolve(), { once: true });
    for (let attempt = 1; !signal.aborted;) {
      if (this.#ripe.size === 0) {
        this.#heartbeatNow = Promise.withResolvers();
        await this.#heartbeatNow.promise;
        continue;
      }
      attempt = (await this.#heartbeat()) ? 1 : attempt + 1;
      // A control plane that is back gives each lease one term: a pause that outlasts it would lose jobs that run.
      if (attempt > 1) await this.#services.connection.pause(attempt, signal, this.#heartbeatWaitMs());
    }
  }

  /** False when there was no answer. Another ripe job ends the wait. */
  async #heartbeat(): Promise<boolean> {
    this.#heartbeatNow = Promise.withResolvers();
    const jobs = [...this.#held.values()].map(({ job: { jobId, nonce } }) => ({ jobId, nonce }));
    const changed = new AbortController();
    void this.#heartbeatNow.promise.then(() => changed.abort());
    const startedMs = Date.now();
    const signal = AbortSignal.any([changed.signal, this.#closing.signal]);
    try {
      const request = { runnerId: this.runnerId, jobs, waitMs: this.#heartbeatWaitMs() };
      const news = this.#obey(await this.#services.controlPlane.heartbeat(request, signal));
      if (!news && Date.now() - startedMs < HEARTBEAT_PAUSE_MS) await sleep(HEARTBEAT_PAUSE_MS, signal);
      return true;
    } catch (error) {
      if (changed.signal.aborted) return true;
      if (error instanceof Refused)
        this.#services.logger.warn({ code: error.code, error: error.message }, 'A heartbeat was refused.');
      else if (!(error instanceof Unreachable)) throw error;
      return false;
    }
  }

  /** A third of the shortest term, so that one lost heartbeat loses no job. */
  #heartbeatWaitMs(): number {
    const terms = [...this.#held.values()].map(({ job }) =>
      'leaseTermMs' in job ? Math.floor(job.leaseTermMs / 3) : HEARTBEAT_MS,
    );
    return Math.max(0, Math.min(HEARTBEAT_MS, ...terms));
  }

  /** True when there was something new. */
  #obey(reply: HeartbeatReply): boolean {
    let news = false;
    for (const { jobId, directive, reason } of reply.jobs) {
      const held = this.#held.get(jobId);
      if (held === undefined || directive === 'continue') continue;
      if (this.#told.get(held) === directive) continue;
      this.#told.set(held, directive);
      news = true;
      this.#services.logger.info({ jobId, directive, reason }, 'The control plane ends a job.');
      if (directive === 'cancel') held.cancel();
      else held.forget();
    }
    return news;
  }

  // The end ───────────────────────────────────────────────────────────────────

  async #watchPatience(): Promise<void> {
    const patienceMs = this.#options.offlinePatienceMs ?? OFFLINE_PATIENCE_MS;
    const { signal } = this.#stopping;
    const stepMs = Math.min(PATIENCE_CHECK_MS, Math.max(1, patienceMs / 4));
    while (!signal.aborted) {
      await sleep(stepMs, signal);
      if (!this.#working() && this.#services.connection.awayMs() >= patienceMs) this.#endBecause('offline');
    }
  }

  #endBecause(end: RunnerEnd): void {
    if (this.#stopping.signal.aborted) return;
    this.#end = end;
    this.#services.logger.error({ end }, 'The runner ends by itself.');
    this.#stopping.abort();
  }

  /** Ends the jobs, gives their results the time that is left, then closes. */
  async #finish(): Promise<void> {
    const deadlineMs = Date.now() + STOP_MS_MAX;
    const all = [...this.#held.values()];
    if (all.length > 0) this.#services.logger.info({ jobs: all.length }, 'Stopping.');
    for (const held of all) void held.stop();
    await settledWithin(Promise.all(all.map((held) => held.worked)), STOP_MS_MAX);
    const done = Promise.all(all.map((held) => held.done));
    // Nobody can be told: the results stay on disk.
    const away = this.#services.connection.awayMs() > 0;
    await settledWithin(done, away ? LAST_TRY_MS : Math.max(LAST_TRY_MS, deadlineMs - Date.now() - LAST_TRY_MS));
    this.#closing.abort();
    await settledWithin(done, LAST_TRY_MS);
  }
}

/**
 * Starts a runner; it works until {@link Runner.stop} or until it ends by itself.
 *
 * @throws Error when the directory can't be used or another runner uses it.
 */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const directory = await ownDirectory(options.directory);
  const lock = DirectoryLock.tryAcquire(join(directory, 'lock.sqlite'));
  if (lock === undefined) throw new Error(`Another runner uses ${directory}. Give each runner a directory of its own.`);
  try {
    const { services, closing } = await prepare(options, directory);
    return new Runner(options, services, closing, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function ownDirectory(path: string): Promise<string> {
  try {
    await makeDirectory(path, 0o700);
    return await realpath(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new Error(`Its directory ${path} can't be made (${code}). Choose one that this user may write.`, { cause });
  }
}

async function prepare(
  options: RunnerOptions,
  directory: string,
): Promise<{ services: JobServices; closing: AbortController }> {
  const { url, token, logger } = options;
  const jobsDirectory = join(directory, 'jobs');
  const cacheDirectory = join(directory, 'cache');
  for (const path of [jobsDirectory, cacheDirectory]) await mkdir(path, { recursive: true, mode: 0o700 });
  const environment = baseEnvironment(options.environment);
  const isolation = options.isolation ?? detectIsolation(environment);
  const mark = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  // What an earlier life could not end: only without a namespace can there be any.
  await sweep(`${mark}.`);
  logger.info({ url, directory, isolation: isolation.kind }, `Runner starting; process isolation: ${isolation.kind}.`);
  const connection = new Connection(logger);
  const closing = new AbortController();
  const table = (options.providers ?? ownProviders).flatMap((provider) =>
    provider.ids.map((id) => [providerKey(id), provider] as const),
  );
  const services: JobServices = {
    controlPlane: new ControlPlane({ url, token, connection }),
    connection,
    logger,
    providers: new Map(table),
    isolation,
    environment,
    credentials: credentialEnvironment(options.environment),
    runnerDirectory: directory,
    jobsDirectory,
    cacheDirectory,
    mark,
    secrets: [token],
    closing: closing.signal,
  };
  return { services, closing };
}
