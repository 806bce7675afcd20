import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory that a person has named, and those above it. Node's own `recursive` never ends, and keeps a core busy, where a file
 * system answers that there is no such place although everything above is there, as /proc does.
 *
 * @param mode - of those that are made; default 0o777, less the umask.
 * @throws Error of the system (`EEXIST` for a file, `ENOTDIR`, `ENOENT`, `EACCES`, …) with the path that could not be made.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const failure = await made(path, mode);
  if (failure?.code !== 'ENOENT') return settled(path, failure);
  const above = dirname(path);
  if (above === path || (await isDirectory(above))) throw failure;
  await makeDirectory(above, mode);
  return settled(path, await made(path, mode));
}

async function settled(path: string, failure: NodeJS.ErrnoException | undefined): Promise<void> {
  if (failure === undefined || (failure.code === 'EEXIST' && (await isDirectory(path)))) return;
  throw failure;
}

function made(path: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  return mkdir(path, { mode }).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
