import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes a directory with all its content, also where a build took its own permissions away. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await allowWriting(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function allowWriting(path: string): Promise<void> {
  await chmod(path, 0o700).catch(() => undefined);
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await allowWriting(join(path, entry.name));
}
