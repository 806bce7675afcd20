import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionJob, ActionTypeId, Job, JobResult } from '@millrace/contracts/runner';
import type { Connection } from '../control-plane/connection.js';
import { Refused, isStale } from '../control-plane/control-plane.js';
import type { ControlPlane } from '../control-plane/control-plane.js';
import type { Logger } from '../logger.js';
import { BufferedLog, noLog } from '../logs/buffered-log.js';
import type { LogSink } from '../logs/buffered-log.js';
import type { Environment } from '../processes/environment.js';
import type { Isolation } from '../processes/isolation.js';
import { runTree } from '../processes/process-tree.js';
import type { TreeOptions } from '../processes/process-tree.js';
import { runTool } from '../processes/tool.js';
import { ActionFailed } from '../providers/provider.js';
import type { ActionContext, ActionProvider, Command, LookContext } from '../providers/provider.js';
import { settledWithin, sleep } from '../waiting.js';
import { ArtifactTransfer } from './artifact-transfer.js';
import { deliver, reportable, saveFinished } from './finished-job.js';
import type { FinishedJob } from './finished-job.js';
import { removeTree } from './remove-tree.js';

/** What a Deploy or Invoke action still gets when the runner stops (docs/decisions/0020). */
export const STOP_GRACE_MS = 8_000;
/** A provider whose processes are dead must notice within this time; then its job is answered without it. */
const NOTICE_MS_MAX = 5_000;

/** Why work is ended from outside. */
export type End = 'cancel' | 'forget' | 'timeout' | 'stop';

export interface JobServices {
  readonly controlPlane: ControlPlane;
  readonly connection: Connection;
  readonly logger: Logger;
  readonly providers: ReadonlyMap<string, ActionProvider>;
  readonly isolation: Isolation;
  readonly environment: Environment;
  readonly credentials: Environment;
  /** Of everything that is the runner's. */
  readonly runnerDirectory: string;
  readonly jobsDirectory: string;
  readonly cacheDirectory: string;
  /** Begins the mark of all process trees of this runner. */
  readonly mark: string;
  readonly secrets: readonly string[];
  /** Aborted when the process is about to go: what is not reported stays on disk. */
  readonly closing: AbortSignal;
}

/** One job from its lease to its recorded result. */
export class JobRun {
  readonly job: Job;
  /** Settles, never with an error, when nothing of the job runs and its result is recorded, saved or not wanted. */
  readonly done: Promise<void>;
  /** Settles when the work is over and its result saved. */
  readonly worked: Promise<void>;
  readonly #services: JobServices;
  readonly #directory: string;
  readonly #work = new AbortController();
  readonly #forgotten = new AbortController();
  readonly #delivery: AbortSignal;
  readonly #worked = Promise.withResolvers<void>();
  #working = true;
  #trees = 0;
  /** The directory of the job, once it is wanted. */
  #made: Promise<unknown> | undefined;
  #end: End | undefined;

  constructor(job: Job, services: JobServices) {
    this.job = job;
    this.#services = services;
    this.#directory = join(services.jobsDirectory, job.jobId);
    this.#delivery = AbortSignal.any([this.#forgotten.signal, services.closing]);
    this.worked = this.#worked.promise;
    this.done = this.#run();
  }

  get working(): boolean {
    return this.#working;
  }

  cancel(): void {
    this.#endWith('cancel');
  }

  /** The attempt is over: everything ends, nothing is reported. */
  forget(): void {
    this.#endWith('forget');
    this.#forgotten.abort();
  }

  /** The runner stops in an orderly way (docs/decisions/0020). */
  async stop(): Promise<void> {
    if (isEffect(this.job)) await settledWithin(this.done, STOP_GRACE_MS);
    this.#endWith('stop');
  }

  #endWith(end: End): void {
    this.#end ??= end;
    this.#work.abort(new Error(`The work is ended: ${end}.`));
  }

  async #run(): Promise<void> {
    const { logger } = this.#services;
    const { jobId } = this.job;
    const startedMs = Date.now();
    try {
      // Most looks find nothing new without a process, and need no directory.
      if (this.job.kind === 'action') await this.#makeDirectory();
      const ended = await this.#workAndReport();
      logger.info({ jobId, ended, durationMs: Date.now() - startedMs }, 'Job over.');
    } catch (error) {
      if (this.#services.closing.aborted)
        return void logger.warn({ jobId }, 'A result is kept to be reported after the next start.');
      if (!this.#forgotten.signal.aborted)
        logger.error({ jobId, error: describe(error) }, 'A job could not be handled; its lease will lapse.');
    }
    this.#workIsOver();
    if (this.#made === undefined) return;
    await removeTree(this.#directory).catch((error: unknown) =>
      logger.warn({ jobId, error: describe(error) }, 'A directory is left over.'),
    );
  }

  #makeDirectory(): Promise<unknown> {
    return (this.#made ??= mkdir(join(this.#directory, 'tmp'), { recursive: true, mode: 0o700 }));
  }

  async #workAndReport(): Promise<string> {
    if (this.job.kind === 'look')
      return await this.#report({ job: this.job, result: reportable(await this.#result(noLog)) });
    const log = await this.#openLog();
    try {
      const result = reportable(await this.#result(log));
      await log.end().catch((error: unknown) => this.#warn(error, 'A log is incomplete.'));
      const finished = { job: this.job, result, log: log.state() };
      const saved = saveFinished(this.#directory, onlyCredentials(finished))
        .catch((error: unknown) =>
          this.#warn(error, 'A result can not be kept on disk; it would not outlive this process.'),
        )
        .then(() => this.#workIsOver());
      const sent = log.sent().catch((error: unknown) => this.#warn(error, 'A log can not be sent.'));
      await Promise.all([saved, sent]);
      return await this.#report(finished);
    } finally {
      // What the closing cut off is sent after the next start; nobody waits for it here.
      if (this.#delivery.aborted) void log.dispose();
      else await log.dispose();
    }
  }

  async #report(finished: FinishedJob): Promise<string> {
    this.#workIsOver();
    this.#delivery.throwIfAborted();
    return `${finished.result.status}, ${await deliver(finished, this.#services, this.#delivery)}`;
  }

  #warn(error: unknown, message: string): void {
    this.#services.logger.warn({ jobId: this.job.jobId, error: describe(error) }, message);
  }

  #workIsOver(): void {
    this.#working = false;
    this.#worked.resolve();
  }

  async #openLog(): Promise<BufferedLog> {
    const { controlPlane, connection, logger, secrets } = this.#services;
    return await BufferedLog.create({
      path: join(this.#directory, 'log'),
      job: this.job,
      isFirstAttempt: this.job.kind !== 'action' || this.job.attempt === 1,
      controlPlane,
      connection,
      logger,
      secrets: [...secrets, this.job.jobToken],
      signal: this.#delivery,
      onStale: () => this.forget(),
    });
  }

  async #result(log: LogSink): Promise<JobResult> {
    const timeout = new AbortController();
    void sleep(Math.min(this.job.timeoutMs, 2 ** 31 - 1), timeout.signal).then(() => {
      if (!timeout.signal.aborted) this.#endWith('timeout');
    });
    const work = this.#provide(log);
    work.catch(() => undefined);
    try {
      return await Promise.race([work, this.#overdue()]);
    } catch (error) {
      return await this.#failure(error, log);
    } finally {
      timeout.abort();
    }
  }

  /** Rejects when the work was ended and its provider does not notice. */
  async #overdue(): Promise<never> {
    const { signal } = this.#work;
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await sleep(NOTICE_MS_MAX, this.#services.closing);
    throw signal.reason;
  }

  async #provide(log: LogSink): Promise<JobResult> {
    const { job } = this;
    const provider = this.#services.providers.get(providerKey(job.actionTypeId));
    if (job.kind === 'look') {
      if (provider?.look === undefined) throw unknownProvider(job.actionTypeId);
      return { status: 'looked', ...(await provider.look(this.#context(job, log))) } as JobResult;
    }
    if (provider === undefined) throw unknownProvider(job.actionTypeId);
    return await provider.run(this.#actionContext(job, log));
  }

  async #failure(error: unknown, log: LogSink): Promise<JobResult> {
    const detail = error instanceof ActionFailed ? error : undefined;
    if (error instanceof Refused && isStale(error)) this.forget();
    if (this.#end !== undefined) return this.#ended(this.#end, detail?.message);
    if (detail !== undefined) {
      await log.remark(`Failed: ${detail.message}`).catch(() => undefined);
      return { status: 'failed', code: detail.code, message: detail.message, ...detail.outcome };
    }
    const { logger } = this.#services;
    if (error instanceof Refused)
      return { status: 'failed', code: 'JobFailed', message: `The control plane refused: ${error.message}` };
    logger.error({ jobId: this.job.jobId, error: describe(error) }, 'A provider broke.');
    if (isFull(error)) return { status: 'failed', code: 'SystemUnavailable', message: "The runner's disk is full." };
    return {
      status: 'failed',
      code: 'JobFailed',
      message: 'The action broke off by a fault of the runner; its log has the details.',
    };
  }

  #ended(end: End, detail: string | undefined): JobResult {
    const more = detail === undefined ? '' : ` ${detail}`;
    switch (end) {
      case 'cancel':
      case 'forget':
        return { status: 'cancelled' };
      case 'timeout':
        return {
          status: 'failed',
          code: 'TimedOut',
          message: `The action took longer than ${this.job.timeoutMs / 1_000} s.${more}`,
        };
      case 'stop':
        if (!isEffect(this.job)) return { status: 'returned', reason: 'The runner stops.' };
        return {
          status: 'failed',
          code: 'RunnerStopped',
          message: `The runner was stopped before the action was done.${more}`,
        };
    }
  }

  #actionContext(job: ActionJob, log: LogSink): ActionContext {
    const { controlPlane, connection } = this.#services;
    const transfer = new ArtifactTransfer({
      job,
      directory: this.#directory,
      controlPlane,
      connection,
      signal: this.#work.signal,
    });
    return {
      ...this.#context(job, log),
      saveInput: (name, file) => transfer.saveInput(name, file),
      unpackInput: (name, directory) => transfer.unpackInput(name, directory),
      storeOutput: (name, files) => transfer.storeOutput(name, files),
      now: () => new Date(),
    };
  }

  #context<J extends Job>(job: J, log: LogSink): Omit<LookContext, 'job'> & { readonly job: J } {
    const { environment, credentials, cacheDirectory, runnerDirectory } = this.#services;
    return {
      job,
      log,
      signal: this.#work.signal,
      directory: this.#directory,
      cacheDirectory,
      runnerDirectory,
      environment,
      credentials,
      exec: (command) =>
        runTree(this.#tree(command), async (stdout, stderr) => {
          await Promise.all([copy(stdout, log), copy(stderr, log)]);
        }),
      tool: async (command) => {
        await this.#makeDirectory();
        return await runTool(this.#tree(command));
      },
    };
  }

  #tree({ command, cwd, environment, signal }: Command): TreeOptions {
    const { isolation, mark } = this.#services;
    return {
      command,
      cwd,
      environment: { ...this.#services.environment, TMPDIR: join(this.#directory, 'tmp'), ...environment },
      isolation,
      mark: `${mark}.${this.job.jobId}.${++this.#trees}.`,
      signal: signal === undefined ? this.#work.signal : AbortSignal.any([signal, this.#work.signal]),
    };
  }
}

async function copy(from: AsyncIterable<Buffer>, log: LogSink): Promise<void> {
  for await (const chunk of from) await log.write(chunk);
}

/** Its effects are outside: it can't be begun again unseen. */
function isEffect(job: Job): boolean {
  return job.kind === 'action' && (job.actionTypeId.category === 'Deploy' || job.actionTypeId.category === 'Invoke');
}

export function providerKey({ category, owner, provider, version }: ActionTypeId): string {
  return `${category}/${owner}/${provider}/${version}`;
}

function unknownProvider(id: ActionTypeId): ActionFailed {
  return new ActionFailed('ConfigurationError', `This runner has no provider for ${providerKey(id)}.`);
}

/** A configuration has no business in the file that outlives the job. */
function onlyCredentials({ job: { jobId, nonce, jobToken }, ...rest }: FinishedJob): FinishedJob {
  return { job: { jobId, nonce, jobToken }, ...rest };
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export function describe(error: unknown): string {
  return Error.isError(error) ? (error.stack ?? error.message) : String(error);
}
