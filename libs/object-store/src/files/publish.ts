import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { StoredObject } from '../object-store.js';
import { onDisk } from './failure.js';

/**
 * Writes what the sender sends, as long as it is what the sender said. Durable when it resolves, though not yet visible.
 *
 * @throws RangeError, OperationalError, or what the content fails with.
 */
export async function writeVerified(file: string, content: Readable, expected: StoredObject): Promise<void> {
  const handle = await onDisk(open(file, 'wx', 0o600));
  try {
    const { size, sha256 } = await copy(handle, content, expected.size);
    if (size !== expected.size) throw new RangeError(`${size} bytes came, ${expected.size} were announced.`);
    if (sha256 !== expected.sha256)
      throw new RangeError(`The content has the SHA-256 ${sha256}, ${expected.sha256} was announced.`);
    await onDisk(handle.sync());
  } finally {
    await handle.close();
  }
}

async function copy(handle: FileHandle, content: Readable, sizeMax: number): Promise<StoredObject> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content as AsyncIterable<Uint8Array | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > sizeMax) throw new RangeError(`More than the announced ${sizeMax} bytes came.`);
    hash.update(bytes);
    await onDisk(writeAll(handle, bytes));
  }
  return { size, sha256: hash.digest('hex') };
}

/** A write may take less than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += (await handle.write(bytes, written)).bytesWritten;
}

/** The name is there for good when this resolves: a directory has contents of its own to be synced. */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** Makes a directory and those above it, each for good. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

export async function syncDirectory(directory: string): Promise<void> {
  // Windows can't open a directory; its file system keeps names in a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function removeQuietly(file: string): Promise<void> {
  return rm(file, { force: true }).catch(() => undefined);
}
