import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ActionFailed } from './provider.js';

/** In every data directory of a platform, and in every backup of one (docs/decisions/0027). */
const EVENT_LOG = 'log.sqlite';

/**
 * A deployment removes old releases and runs hooks: where it does so in the runner's own directory or in a platform's data, which may be
 * below the target, above it or behind a link, it destroys what everything else stands on.
 *
 * @param own - names of the directories that are made in the target; a link in the place of one leads away and is refused.
 * @throws ActionFailed `ConfigurationError`
 */
export async function checkTarget(target: string, own: readonly string[], runnerDirectory: string): Promise<void> {
  for (const name of own) {
    const stats = await lstat(join(target, name)).catch(() => undefined);
    if (stats?.isSymbolicLink() === true)
      throw refused(target, `${join(target, name)} is a link, which may lead anywhere. Remove it`);
  }
  const runner = await realpath(runnerDirectory);
  for (const path of [target, ...own.map((name) => join(target, name))]) {
    for (const directory of upwards(await real(path))) {
      if (directory === runner) throw refused(target, "it lies in the runner's own directory. Choose another");
      if (await exists(join(directory, EVENT_LOG)))
        throw refused(target, `${directory} holds the data of a platform. Choose another directory`);
    }
  }
}

/** A file of a release; undefined where there is none. @throws ActionFailed `JobFailed` where a link leads out of the release. */
export async function insideRelease(release: string, path: string): Promise<string | undefined> {
  const file = join(release, path);
  const target = await realpath(file).catch(() => undefined);
  if (target === undefined) return undefined;
  if (!target.startsWith((await realpath(release)) + sep))
    throw new ActionFailed('JobFailed', `${path} leads out of the release; only what was released is run.`);
  return file;
}

/** With all links followed; of what is not there yet, where it will be. */
async function real(path: string): Promise<string> {
  const above = dirname(path);
  return await realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || above === path) throw error;
    return join(await real(above), path.slice(above.length));
  });
}

function* upwards(path: string): Generator<string> {
  yield path;
  if (dirname(path) !== path) yield* upwards(dirname(path));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const refused = (target: string, why: string): ActionFailed =>
  new ActionFailed('ConfigurationError', `${target} can't be deployed to: ${why}.`);
