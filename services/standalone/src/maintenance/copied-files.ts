import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, opendir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFile } from './sqlite-copy.js';

const OWN_DIRECTORY = 0o700;
const OWN_FILE = 0o600;

/** One file, on the disk when this resolves, readable by its owner only. False when there is none (any more). */
export async function copyIfThere(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: OWN_DIRECTORY });
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync(from)) return false;
    throw error;
  }
  await chmod(to, OWN_FILE);
  await syncFile(to);
  return true;
}

/** The plain files of a directory and those below it, by paths relative to it, in no order. Links and devices are none of ours. */
export async function filesOf(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return [];
  const files: string[] = [];
  for (const name of await readdir(directory, { recursive: true }))
    if ((await lstat(join(directory, name))).isFile()) files.push(name);
  return files;
}

/** Names have contents of their own to be synced. */
export async function syncDirectories(directory: string): Promise<void> {
  // Windows can't open a directory; its file system keeps names in a journal of its own.
  if (process.platform === 'win32') return;
  for await (const entry of await opendir(directory))
    if (entry.isDirectory()) await syncDirectories(join(directory, entry.name));
  await syncDirectory(directory);
}

export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
