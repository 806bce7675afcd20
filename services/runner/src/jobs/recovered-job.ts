import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferedLog } from '../logs/buffered-log.js';
import { deliver, loadFinished } from './finished-job.js';
import type { FinishedJob } from './finished-job.js';
import { describe } from './job-run.js';
import type { JobServices } from './job-run.js';
import { removeTree } from './remove-tree.js';

/** A result of the runner's earlier life, reported now. */
export class RecoveredJob {
  readonly job: FinishedJob['job'];
  readonly done: Promise<void>;
  readonly worked: Promise<void> = Promise.resolve();
  readonly working = false;
  readonly #finished: FinishedJob;
  readonly #services: JobServices;
  readonly #directory: string;
  readonly #forgotten = new AbortController();
  readonly #delivery: AbortSignal;

  constructor(finished: FinishedJob, directory: string, services: JobServices) {
    this.job = finished.job;
    this.#finished = finished;
    this.#directory = directory;
    this.#services = services;
    this.#delivery = AbortSignal.any([this.#forgotten.signal, services.closing]);
    this.done = this.#run();
  }

  /** The work is over already. */
  cancel(): void {}

  forget(): void {
    this.#forgotten.abort();
  }

  async stop(): Promise<void> {}

  async #run(): Promise<void> {
    const { logger, closing } = this.#services;
    const { jobId } = this.job;
    try {
      await this.#sendLog();
      logger.info(
        { jobId, ended: await deliver(this.#finished, this.#services, this.#delivery) },
        'An earlier result is reported.',
      );
    } catch (error) {
      if (closing.aborted) return;
      if (!this.#forgotten.signal.aborted) logger.warn({ jobId, error: describe(error) }, 'An earlier result is lost.');
    }
    await removeTree(this.#directory).catch(() => undefined);
  }

  async #sendLog(): Promise<void> {
    if (this.#finished.log === undefined) return;
    const { controlPlane, connection, logger } = this.#services;
    const path = join(this.#directory, 'log');
    const onStale = (): void => this.forget();
    const options = { path, job: this.job, controlPlane, connection, logger, signal: this.#delivery, onStale };
    const log = await BufferedLog.resume(options, this.#finished.log);
    try {
      await log.end();
      await log.sent();
    } finally {
      void log.dispose();
    }
    this.#delivery.throwIfAborted();
  }
}

/** What an earlier life left: results are reported; work that had not ended is void, its lease lapses. */
export async function recoverJobs(services: JobServices): Promise<RecoveredJob[]> {
  const recovered: RecoveredJob[] = [];
  for (const name of await readdir(services.jobsDirectory)) {
    const directory = join(services.jobsDirectory, name);
    const finished = await loadFinished(directory).catch((error: unknown) => {
      services.logger.warn({ name, error: describe(error) }, 'An earlier result can not be read.');
      return undefined;
    });
    if (finished === undefined) await removeTree(directory);
    else recovered.push(new RecoveredJob(finished, directory, services));
  }
  return recovered;
}
