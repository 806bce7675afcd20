import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { readAppspec, runHook } from './appspec.js';
import type { Appspec, Hook } from './appspec.js';
import { flag, innerPath, labels, parseConfiguration, wholeNumber } from './configuration.js';
import { ActionFailed } from './provider.js';
import type { ActionContext, ActionProvider, Outcome } from './provider.js';
import { ReleaseDirectory } from './release-directory.js';
import type { Current } from './release-directory.js';
import { checkTarget } from './target-directory.js';

const RELEASES_KEPT_DEFAULT = 5;

const configuration = z.strictObject({
  TargetDirectory: z
    .string()
    .min(2)
    .max(1_000)
    .refine(
      (path) => isAbsolute(path) && resolve(path) !== '/' && !path.split('/').includes('..') && !path.includes('\0'),
      'must be an absolute path without "..", and not the root',
    ),
  KeepReleases: wholeNumber(1, 100).default(RELEASES_KEPT_DEFAULT),
  AppSpec: innerPath.default('appspec.yml'),
  Extract: flag.default(true),
  ...labels,
});

/**
 * The deployment `Millrace/Files`: the input artifact becomes a release beside the others, then `current` points to it. Hooks of
 * `appspec.yml`: BeforeInstall and AfterInstall while the old release still counts, ApplicationStop of the old one, the switch,
 * ApplicationStart, ValidateService. Does one of the last two fail, the old release counts again and is started.
 */
export const filesDeployProvider: ActionProvider = {
  ids: [{ category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' }],

  async run(context: ActionContext): Promise<Outcome> {
    const { job, log, signal } = context;
    const options = parseConfiguration(configuration, job.configuration);
    const { TargetDirectory } = options;
    const [input] = job.inputArtifacts;
    if (input === undefined) throw new ActionFailed('ConfigurationError', 'The action needs an input artifact.');
    const directory = new ReleaseDirectory(TargetDirectory);
    const releaseId = `${job.executionId.slice(0, 8)}-${input.sha256.slice(0, 12)}`;
    try {
      await checkTarget(TargetDirectory, ReleaseDirectory.own, context.runnerDirectory);
      await directory.locked(
        () => new Deployment(context, directory, { ...input, releaseId }, options).run(),
        signal,
        () => log.remark(`Another deployment to ${TargetDirectory} is under way; waiting.`),
      );
    } catch (error) {
      throw explained(error, TargetDirectory);
    }
    return {
      status: 'succeeded',
      summary: `Released ${releaseId} to ${TargetDirectory}`,
      externalExecutionId: releaseId,
    };
  },
};

interface Release {
  readonly releaseId: string;
  readonly name: string;
  readonly sha256: string;
}

type Options = z.output<typeof configuration>;

class Deployment {
  readonly #options: Options;
  readonly #context: ActionContext;
  readonly #directory: ReleaseDirectory;
  readonly #release: Release;

  constructor(context: ActionContext, directory: ReleaseDirectory, release: Release, options: Options) {
    this.#options = options;
    this.#context = context;
    this.#directory = directory;
    this.#release = release;
  }

  async run(): Promise<void> {
    const { releaseId } = this.#release;
    const before = await this.#directory.current();
    if (before?.releaseId === releaseId)
      await this.#context.log.remark(`${releaseId} is current already: its hooks run again.`);
    else await this.#unpack();
    try {
      await this.#prepare();
    } catch (error) {
      if (before?.releaseId !== releaseId) await this.#directory.remove(releaseId);
      throw error;
    }
    await this.#switch(before);
    const removed = await this.#directory.prune(this.#options.KeepReleases, [releaseId, before?.releaseId]);
    if (removed.length > 0) await this.#context.log.remark(`Removed ${removed.length} old releases.`);
    await this.#context.log.remark(`Released ${releaseId} to ${this.#directory.path}`);
  }

  async #unpack(): Promise<void> {
    const { releaseId, name, sha256 } = this.#release;
    const { AppSpec, Extract } = this.#options;
    const temporary = await this.#directory.freshTemporary(releaseId);
    try {
      if (Extract) await this.#context.unpackInput(name, temporary);
      else {
        await mkdir(temporary, { recursive: true });
        await this.#context.saveInput(name, join(temporary, `${name}.zip`));
      }
    } catch (error) {
      // Of a refused archive, up to its limits.
      await this.#directory.removeTemporaries();
      throw error;
    }
    const unpackedAt = this.#context.now().toISOString();
    const { executionId } = this.#context.job;
    await this.#directory.publish(temporary, { releaseId, sha256, executionId, appSpec: AppSpec, unpackedAt });
  }

  async #prepare(): Promise<void> {
    const { releaseId } = this.#release;
    const appspec = await this.#appspec(releaseId);
    await this.#hook('BeforeInstall', releaseId, appspec);
    await this.#hook('AfterInstall', releaseId, appspec);
  }

  /** @param before - what counted when the deployment began */
  async #switch(before: Current | undefined): Promise<void> {
    const { releaseId } = this.#release;
    const { log, signal } = this.#context;
    try {
      if (before?.releaseId !== undefined) await this.#stop(before.releaseId);
      signal.throwIfAborted();
      await this.#directory.switchTo(releaseId);
      await log.remark(`current is ${releaseId}`);
      await this.#start(releaseId);
    } catch (error) {
      const outcome = await this.#rollBack(before);
      if (!(error instanceof ActionFailed) && !signal.aborted) throw error;
      const reason = error instanceof ActionFailed ? `${error.message} ` : '';
      throw new ActionFailed('JobFailed', reason + outcome, { externalExecutionId: releaseId });
    }
  }

  async #start(releaseId: string): Promise<void> {
    const appspec = await this.#appspec(releaseId);
    await this.#hook('ApplicationStart', releaseId, appspec);
    await this.#hook('ValidateService', releaseId, appspec);
  }

  /** A release that can't be stopped must not be there for ever: that it failed is remarked, no more. */
  async #stop(releaseId: string): Promise<void> {
    const { log, signal } = this.#context;
    try {
      await this.#hook('ApplicationStop', releaseId, await this.#appspec(releaseId));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ActionFailed)) throw error;
      await log.remark(`${error.message} The deployment goes on.`);
    }
  }

  /** @returns a sentence on what counts now */
  async #rollBack(before: Current | undefined): Promise<string> {
    const { log, signal } = this.#context;
    const { releaseId } = this.#release;
    if (before?.releaseId === releaseId) return `It was current before: ${releaseId} still is.`;
    if (!signal.aborted) await this.#stop(releaseId);
    await this.#directory.restore(before);
    const outcome = `Rolled back: ${whatCounts(before)}`;
    await log.remark(`${outcome}.`);
    if (before?.releaseId === undefined) return `${outcome}.`;
    if (signal.aborted) return `${outcome}, whose ApplicationStart was not run, for the action had to end.`;
    try {
      await this.#start(before.releaseId);
    } catch (error) {
      if (!(error instanceof ActionFailed)) throw error;
      return `${outcome}, but its hooks fail too: ${error.message}`;
    }
    return `${outcome}.`;
  }

  async #appspec(releaseId: string): Promise<Appspec | undefined> {
    const note = await this.#directory.note(releaseId);
    // A link that somebody else made leads to no release of ours.
    return note === undefined ? undefined : await readAppspec(this.#directory.releasePath(releaseId), note.appSpec);
  }

  async #hook(hook: Hook, releaseId: string, appspec: Appspec | undefined): Promise<void> {
    const release = this.#directory.releasePath(releaseId);
    const variables = {
      MILLRACE_RELEASE_ID: releaseId,
      MILLRACE_RELEASE_DIR: release,
      MILLRACE_TARGET_DIR: this.#directory.path,
    };
    await runHook({ hook, appspec, release, variables }, this.#context);
  }
}

function whatCounts(current: Current | undefined): string {
  return current === undefined
    ? 'there is no current release, as before'
    : `current is ${current.releaseId ?? current.link}`;
}

const IN_THE_WAY: ReadonlySet<string> = new Set(['EINVAL', 'EEXIST', 'ENOTDIR', 'EISDIR', 'ELOOP']);

/** Faults of the target directory are the user's to mend: they need its name. */
function explained(error: unknown, directory: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // As /proc and its kind answer.
  if (code === 'ENOENT' && syscall === 'mkdir')
    return new ActionFailed('ConfigurationError', `${directory} can't be made there.`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new ActionFailed('PermissionError', `The runner may not write to ${directory} (${code}).`);
  }
  if (IN_THE_WAY.has(code ?? '')) {
    return new ActionFailed(
      'ConfigurationError',
      `${directory} can't be deployed to: something that is not ours is in the way (${code}).`,
    );
  }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ActionFailed('SystemUnavailable', `There is no room left in ${directory}.`);
  return error;
}
