import { statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { OperationalError } from '@millrace/runtime';

/** Codes of the operating system that say the disk has no room for us. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

function asOperational(error: unknown): unknown {
  if (!Error.isError(error) || !('code' in error) || !('syscall' in error)) return error;
  const full = FULL.has(String(error.code));
  return new OperationalError(full ? 'The disk of the action logs is full.' : 'The action logs are not available.', {
    retryable: true,
    // A part of a chunk may be on disk; by its offset the chunk is safe to repeat.
    mayHaveHappened: true,
    cause: error,
    ...(full && { code: 'STORE_FULL' }),
  });
}

/** Turns what the file system throws into what the port promises. */
export async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asOperational(error);
  }
}

/** As {@link onDisk}; undefined for what is not there. */
export function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  return onDisk(
    work.catch((error: unknown) => {
      if (Error.isError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }),
  );
}

/** At once: a look at a name is over sooner than it is handed to another thread. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw asOperational(error);
  }
}

export async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await ifThere(readFile(file, 'utf8'));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new OperationalError(`${basename(file)} of an action log is damaged.`, {
      retryable: false,
      code: 'LOG_DAMAGED',
      cause,
    });
  }
}

/** Old content or new, never a mixture; there for good when it resolves, with the folder's other names. */
export async function writeJsonDurably(file: string, content: object): Promise<void> {
  await replace(file, content, true);
  await syncFolder(dirname(file));
}

/** Old content or new, never a mixture; outlives the process, though perhaps not the machine. */
export function writeJson(file: string, content: object): Promise<void> {
  return replace(file, content, false);
}

async function replace(file: string, content: object, sync: boolean): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(content));
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** Makes a folder and those above it. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a directory; its file system keeps names in a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
