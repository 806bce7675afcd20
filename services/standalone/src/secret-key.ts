import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** 256 random bits in `<data directory>/secrets`, mode 0600, made once. A file that is there is never replaced. */
export async function secretKey(dataDirectory: string, name: string): Promise<Buffer> {
  const directory = join(dataDirectory, 'secrets');
  const path = join(directory, name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return Buffer.from(await readFile(path, 'utf8'), 'hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  await writeFile(`${path}.new`, key.toString('hex'), { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  return key;
}
