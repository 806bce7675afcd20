import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { describeObjectStore } from '../contract.js';
import type { ObjectStore } from '../object-store.js';
import { FilesObjectStore } from './files-object-store.js';

describeObjectStore('FilesObjectStore', (directory) => FilesObjectStore.open({ directory }));

describe('FilesObjectStore on its disk', () => {
  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'object-files-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function put(store: ObjectStore, content: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await store.put('default', Readable.from([content], { objectMode: false }), { size: content.length, sha256 });
    return sha256;
  }
  const fileOf = (sha256: string): string => join(directory, 'objects', 'default', sha256.slice(0, 2), sha256);

  test('a flipped bit and a lost tail are found, and a put mends them', async () => {
    const store = await FilesObjectStore.open({ directory });
    const content = randomBytes(100_000);
    const sha256 = await put(store, content);
    const harm: readonly ((file: Awaited<ReturnType<typeof open>>) => Promise<unknown>)[] = [
      (file) => file.write(Buffer.from([(content[70_000] ?? 0) ^ 1]), 0, 1, 70_000),
      (file) => file.truncate(99_999),
    ];
    for (const damage of harm) {
      const file = await open(fileOf(sha256), 'r+');
      await damage(file);
      await file.close();
      expect(await store.verify('default', sha256)).toBe(false);
      await put(store, content);
      expect(await store.verify('default', sha256)).toBe(true);
    }
  });

  test('what is no object is not listed', async () => {
    const store = await FilesObjectStore.open({ directory });
    const sha256 = await put(store, randomBytes(10));
    await writeFile(join(dirname(fileOf(sha256)), 'notes.txt'), 'x');
    await mkdir(join(directory, 'objects', 'default', 'other'));
    const listed: string[] = [];
    for await (const object of store.list('default')) listed.push(object.sha256);
    expect(listed).toEqual([sha256]);
  });

  test('nothing is visible before it is published, and an opening removes what a crash left', async () => {
    const content = randomBytes(50_000);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const store = await FilesObjectStore.open({
      directory,
      fault: () => {
        throw new Error('crash');
      },
    });
    await expect(put(store, content)).rejects.toThrow('crash');
    expect(await readdir(join(directory, 'objects-incoming'))).toEqual([]);
    expect(await store.stat('default', sha256)).toBeUndefined();

    await writeFile(join(directory, 'objects-incoming', 'half'), content.subarray(0, 100));
    await FilesObjectStore.open({ directory });
    expect(await readdir(join(directory, 'objects-incoming'))).toEqual([]);
  });

  test('a disk that is away is an operational error, and the content is given up', async () => {
    const store = await FilesObjectStore.open({ directory });
    await rm(join(directory, 'objects-incoming'), { recursive: true });
    const content = Readable.from([Buffer.from('x')]);
    const sha256 = createHash('sha256').update('x').digest('hex');
    await expect(store.put('default', content, { size: 1, sha256 })).rejects.toMatchObject({
      name: 'OperationalError',
      retryable: true,
      mayHaveHappened: false,
    });
    expect(content.destroyed).toBe(true);
  });

  test('a process that is killed while it puts leaves whole objects only, and all that it acknowledged', async () => {
    const sources = join(import.meta.dirname, '..', 'testing');
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(
        process.execPath,
        ['--import', join(sources, 'typescript-hooks.mjs'), join(sources, 'putting.ts'), directory],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const exited = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
      const acknowledged: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(line);
        if (acknowledged.length === 10 + round * 7) child.kill('SIGKILL');
      }
      expect(await exited).toBe('SIGKILL');

      const store = await FilesObjectStore.open({ directory });
      const listed: string[] = [];
      for await (const { sha256 } of store.list('default')) listed.push(sha256);
      expect(listed).toEqual(expect.arrayContaining(acknowledged));
      for (const sha256 of listed) expect([sha256, await store.verify('default', sha256)]).toEqual([sha256, true]);
    }
  });
});
