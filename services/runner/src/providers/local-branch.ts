import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isAbsolute, join } from 'node:path';

/** A `packed-refs` beyond this is left to git. */
const PACKED_BYTES_MAX = 4 * 1_048_576;

/**
 * The commit of a branch as the files of a repository on this machine say it, without a process: three of them a look, each second, are
 * most of what an idle platform costs. Undefined wherever that is not plain to see (a remote, a worktree, another format of references, a
 * symbolic reference, a file that can't be read): then git is asked. So it may say "as before", and nothing else is to be based on it.
 */
export async function localBranch(url: string, branch: string): Promise<string | undefined> {
  try {
    const directory = await gitDirectory(url);
    return directory && (await loose(directory, branch));
  } catch {
    return undefined;
  }
}

/** As git finds it: `<path>/.git` before `<path>` itself. */
async function gitDirectory(url: string): Promise<string | undefined> {
  const path = url.startsWith('file:///') ? fileURLToPath(url) : url;
  if (!isAbsolute(path)) return undefined;
  const inner = await stat(join(path, '.git')).catch(() => undefined);
  const directory = inner === undefined ? path : join(path, '.git');
  const [isFolder, isWorktree, hasTable] = [
    inner?.isDirectory() ?? true,
    await isThere(join(directory, 'commondir')),
    await isThere(join(directory, 'reftable')),
  ];
  return isFolder && !isWorktree && !hasTable && (await isThere(join(directory, 'objects'))) ? directory : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A reference's own file counts before the packed ones. */
async function loose(directory: string, branch: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'refs', 'heads', branch), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return await packed(directory, branch);
  return /^([0-9a-f]{40}|[0-9a-f]{64})\n?$/.test(text) ? text.trim() : undefined;
}

async function packed(directory: string, branch: string): Promise<string | undefined> {
  const path = join(directory, 'packed-refs');
  if ((await stat(path)).size > PACKED_BYTES_MAX) return undefined;
  const line = (await readFile(path, 'utf8')).split('\n').find((one) => one.endsWith(` refs/heads/${branch}`));
  return line === undefined ? undefined : /^([0-9a-f]{40}|[0-9a-f]{64}) /.exec(line)?.[1];
}
