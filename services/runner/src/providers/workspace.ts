import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { globFault, matchesGlob } from '../archives/globs.js';
import type { Tree, TreeFile } from '../archives/tree.js';
import { ActionFailed } from './provider.js';
import type { ActionContext } from './provider.js';
import type { Shell } from './shell-script.js';

/** Where an action's inputs lie. */
export interface Workspace {
  /** The primary input, or an empty directory. */
  readonly directory: string;
  /** `CODEBUILD_SRC_DIR` and one `CODEBUILD_SRC_DIR_<name>` for each further input. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Unpacks all inputs beside each other. @param primary - the name of the input to work in; default the first */
export async function prepareWorkspace(context: ActionContext, primary?: string): Promise<Workspace> {
  const { inputArtifacts } = context.job;
  const first = primary ?? inputArtifacts[0]?.name;
  const directory = join(context.directory, 'src');
  if (first === undefined) await mkdir(directory);
  else await context.unpackInput(first, directory);
  const variables: Record<string, string> = { CODEBUILD_SRC_DIR: directory };
  for (const { name } of inputArtifacts.filter((input) => input.name !== first)) {
    const beside = join(context.directory, 'inputs', name);
    await context.unpackInput(name, beside);
    variables[`CODEBUILD_SRC_DIR_${variableName(name)}`] = beside;
  }
  return { directory, variables };
}

/** An artifact's name may have dashes, a shell variable's may not. */
function variableName(artifact: string): string {
  return artifact.replaceAll('-', '_');
}

/**
 * The files that any of the patterns matches.
 *
 * @throws ActionFailed when a pattern is not acceptable or there is no such file: an empty artifact would fail its reader, much later.
 */
export async function selectFiles(tree: Tree, patterns: readonly string[], directory: string): Promise<TreeFile[]> {
  for (const pattern of patterns) {
    const fault = globFault(pattern);
    if (fault !== undefined)
      throw new ActionFailed('ConfigurationError', `The pattern ${JSON.stringify(pattern)} ${fault}.`);
  }
  const files = tree.files.filter(({ path }) => patterns.some((pattern) => matchesGlob(pattern, path)));
  if (files.length > 0) return files;
  throw new ActionFailed(
    'JobFailed',
    `No file matches ${patterns.join(', ')}.${await directoryHint(patterns, directory)}`,
  );
}

async function directoryHint(patterns: readonly string[], directory: string): Promise<string> {
  for (const pattern of patterns) {
    const stats = await stat(join(directory, pattern)).catch(() => undefined);
    if (stats?.isDirectory() === true)
      return ` ${pattern} is a directory: write ${pattern.replace(/\/$/, '')}/**/* for its content.`;
  }
  return '';
}

/** Found once for a search path: a shell that appears later is found after the next start. */
const shells = new Map<string, Promise<Shell>>();

/** `bash` where the runner has it, else `sh`. */
export async function defaultShell({ environment }: ActionContext): Promise<Shell> {
  const path = environment['PATH'] ?? '';
  const found = shells.get(path) ?? findShell(path);
  shells.set(path, found);
  return await found;
}

async function findShell(path: string): Promise<Shell> {
  for (const directory of path.split(':')) {
    const stats = await stat(join(directory, 'bash')).catch(() => undefined);
    if (stats?.isFile() === true) return 'bash';
  }
  return 'sh';
}
