import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ObjectStore, StoredObject } from './object-store.js';

const PROJECT = 'default';

function identityOf(content: Uint8Array): StoredObject {
  return { size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

/** In small chunks, as from a socket. */
function sent(content: Uint8Array, chunkBytes = 16_384): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    })(),
    { objectMode: false },
  );
}

/**
 * What every adapter of {@link ObjectStore} promises.
 *
 * @param open - opens the same store each time it is given the same directory (or whatever an engine makes of its name).
 */
export function describeObjectStore(name: string, open: (directory: string) => Promise<ObjectStore>): void {
  describe(name, () => {
    let directory = '';
    let store: ObjectStore;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'object-store-'));
      store = await open(directory);
    });

    afterEach(() => rm(directory, { recursive: true, force: true }));

    const put = (content: Uint8Array, project = PROJECT): Promise<StoredObject> =>
      store.put(project, sent(content), identityOf(content));

    async function listed(project = PROJECT): Promise<readonly string[]> {
      const digests: string[] = [];
      for await (const { sha256 } of store.list(project)) digests.push(sha256);
      return digests.toSorted();
    }

    describe('put', () => {
      test.each([0, 1, 65_536, 3_000_001])('stores %i bytes and gives them back', async (size) => {
        const content = randomBytes(size);
        const stored = await put(content);

        expect(stored).toEqual(identityOf(content));
        expect(await store.stat(PROJECT, stored.sha256)).toEqual(stored);
        expect((await bytesOf(await store.read(PROJECT, stored.sha256))).equals(content)).toBe(true);
        expect(await store.verify(PROJECT, stored.sha256)).toBe(true);
      });

      test('is the same object the second time, also at the same time', async () => {
        const content = randomBytes(200_000);
        await Promise.all([put(content), put(content), put(content)]);
        await put(content);
        expect(await listed()).toEqual([identityOf(content).sha256]);
        expect(await store.verify(PROJECT, identityOf(content).sha256)).toBe(true);
      });

      test('keeps projects apart', async () => {
        const content = randomBytes(10);
        const { sha256 } = await put(content, 'one');
        expect(await store.stat('two', sha256)).toBeUndefined();
        expect([await listed('one'), await listed('two')]).toEqual([[sha256], []]);
        await store.remove('two', sha256);
        expect(await store.verify('one', sha256)).toBe(true);
      });

      const content = randomBytes(100_000);
      const { size, sha256 } = identityOf(content);
      test.each([
        ['too few bytes', { size: size + 1, sha256 }],
        ['too many bytes', { size: size - 1, sha256 }],
        ['no bytes expected', { size: 0, sha256 }],
        ['another digest', { size, sha256: identityOf(randomBytes(5)).sha256 }],
      ])('refuses %s, and nothing is visible', async (_what, expected) => {
        await expect(store.put(PROJECT, sent(content), expected)).rejects.toMatchObject({ name: 'RangeError' });
        expect(await store.stat(PROJECT, expected.sha256)).toBeUndefined();
        expect(await listed()).toEqual([]);
      });

      test('takes no more of an endless content than was announced', async () => {
        let bytes = 0;
        const endless = new Readable({
          read() {
            bytes += 65_536;
            this.push(Buffer.alloc(65_536));
          },
        });
        await expect(store.put(PROJECT, endless, { size: 100_000, sha256 })).rejects.toMatchObject({
          name: 'RangeError',
        });
        expect(endless.destroyed).toBe(true);
        expect(bytes).toBeLessThan(2_000_000);
      });

      test('fails as its content fails, and nothing is visible', async () => {
        const failing = Readable.from(
          (async function* () {
            yield content.subarray(0, 50_000);
            throw Object.assign(new Error('The sender went away.'), { code: 'ECONNRESET', syscall: 'read' });
          })(),
        );
        await expect(store.put(PROJECT, failing, { size, sha256 })).rejects.toMatchObject({ code: 'ECONNRESET' });
        const destroyed = sent(content);
        destroyed.destroy();
        await expect(store.put(PROJECT, destroyed, { size, sha256 })).rejects.toThrow();
        expect(await listed()).toEqual([]);
      });

      test('is there after a restart', async () => {
        await put(content);
        store = await open(directory);
        expect(await store.verify(PROJECT, sha256)).toBe(true);
      });
    });

    describe('read', () => {
      const content = randomBytes(100_000);
      const { sha256 } = identityOf(content);

      test.each([
        [{ start: 0 }, 0, 100_000],
        [{ start: 99_999 }, 99_999, 100_000],
        [{ start: 100_000 }, 100_000, 100_000],
        [{ start: 10, end: 10 }, 10, 10],
        [{ start: 10, end: 11 }, 10, 11],
        [{ start: 65_000, end: 70_000 }, 65_000, 70_000],
        [{ start: 5, end: 200_000 }, 5, 100_000],
      ])('gives the part %j', async (range, start, end) => {
        await put(content);
        expect((await bytesOf(await store.read(PROJECT, sha256, range))).equals(content.subarray(start, end))).toBe(
          true,
        );
      });

      test.each([
        [{ start: 100_001 }],
        [{ start: -1 }],
        [{ start: 5, end: 4 }],
        [{ start: 0.5 }],
        [{ start: 0, end: NaN }],
      ])('refuses the part %j', async (range) => {
        await put(content);
        await expect(store.read(PROJECT, sha256, range)).rejects.toMatchObject({ name: 'RangeError' });
      });

      test('refuses what is not there', async () => {
        await expect(store.read(PROJECT, sha256)).rejects.toMatchObject({ name: 'RangeError' });
        expect(await store.stat(PROJECT, sha256)).toBeUndefined();
        expect(await store.verify(PROJECT, sha256)).toBe(false);
      });
    });

    describe('remove', () => {
      test('removes, and what is not there is no error', async () => {
        const { sha256 } = await put(randomBytes(10));
        const { sha256: kept } = await put(randomBytes(10));
        await store.remove(PROJECT, sha256);
        await store.remove(PROJECT, sha256);
        await store.remove('nobody', sha256);
        expect(await store.stat(PROJECT, sha256)).toBeUndefined();
        expect(await listed()).toEqual([kept]);
      });
    });

    test('lists every object with its size', async () => {
      const contents = Array.from({ length: 30 }, (_, at) => randomBytes(at + 1));
      for (const content of contents) await put(content);
      const objects: StoredObject[] = [];
      for await (const object of store.list(PROJECT)) objects.push(object);
      expect(objects.toSorted((a, b) => a.size - b.size)).toEqual(contents.map(identityOf));
    });

    describe('names', () => {
      const { sha256 } = identityOf(Buffer.from('x'));
      const bad = ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0', '-a', ' ', 'a'.repeat(129), '.hidden'];

      test.each(bad.map((project) => [project] as const))('refuses the project %j everywhere', async (project) => {
        const refused = { name: 'RangeError' };
        await expect(store.put(project, sent(Buffer.from('x')), { size: 1, sha256 })).rejects.toMatchObject(refused);
        await expect(store.stat(project, sha256)).rejects.toMatchObject(refused);
        await expect(store.read(project, sha256)).rejects.toMatchObject(refused);
        await expect(store.remove(project, sha256)).rejects.toMatchObject(refused);
        await expect(store.verify(project, sha256)).rejects.toMatchObject(refused);
        await expect(listed(project)).rejects.toMatchObject(refused);
      });

      test.each(
        ['', '..', sha256.toUpperCase(), sha256.slice(1), `${sha256}0`, `../${sha256.slice(3)}`].map(
          (digest) => [digest] as const,
        ),
      )('refuses the digest %j everywhere', async (digest) => {
        const refused = { name: 'RangeError' };
        await expect(store.put(PROJECT, sent(Buffer.from('x')), { size: 1, sha256: digest })).rejects.toMatchObject(
          refused,
        );
        await expect(store.stat(PROJECT, digest)).rejects.toMatchObject(refused);
        await expect(store.read(PROJECT, digest)).rejects.toMatchObject(refused);
        await expect(store.remove(PROJECT, digest)).rejects.toMatchObject(refused);
        await expect(store.verify(PROJECT, digest)).rejects.toMatchObject(refused);
      });
    });
  });
}
