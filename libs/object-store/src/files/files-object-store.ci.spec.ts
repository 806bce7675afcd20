import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FilesObjectStore } from './files-object-store.js';

/** Needs the right to mount a tmpfs. */
test('a full disk is refused as STORE_FULL with nothing visible or left, and there is room again after a removal', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'object-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  try {
    const store = await FilesObjectStore.open({ directory });
    const put = async (size: number): Promise<string> => {
      const content = randomBytes(size);
      const sha256 = createHash('sha256').update(content).digest('hex');
      await store.put('default', Readable.from([content], { objectMode: false }), { size, sha256 });
      return sha256;
    };
    const first = await put(600_000);
    await expect(put(600_000)).rejects.toMatchObject({
      name: 'OperationalError',
      code: 'STORE_FULL',
      retryable: true,
      mayHaveHappened: false,
    });

    expect(await store.verify('default', first)).toBe(true);
    expect(await readdir(join(directory, 'objects-incoming'))).toEqual([]);
    await store.remove('default', first);
    expect(await store.verify('default', await put(600_000))).toBe(true);
  } finally {
    execFileSync('umount', [directory]);
    await rm(directory, { recursive: true });
  }
});
