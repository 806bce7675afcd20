import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startS3 } from '@millrace/s3-engine/testing';
import type { S3Engine } from '@millrace/s3-engine/testing';
import type { StoredObject } from '../object-store.js';
import { parseS3Address } from './address.js';
import { Bucket } from './bucket.js';
import { S3ObjectStore } from './s3-object-store.js';

/** A server of our own always: a real one is not ours to kill. */
const PROJECT = 'default';
const BUCKET = 'faults';
/** Three parts. */
const LARGE = randomBytes(20_000_000);

let directory = '';
let server: S3Engine;
let stores: S3ObjectStore[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-s3-'));
  server = await startS3(directory);
  stores = [];
});

afterEach(async () => {
  server.thaw();
  for (const store of stores) store.close();
  await server.end();
  rmSync(directory, { recursive: true, force: true });
});

async function opened(more: Partial<Parameters<typeof S3ObjectStore.open>[0]> = {}): Promise<S3ObjectStore> {
  const store = await S3ObjectStore.open({ address: `${server.address}/${BUCKET}`, timeoutMs: 5_000, ...more });
  stores.push(store);
  return store;
}

function identityOf(content: Buffer): StoredObject {
  return { size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** In chunks; `between` comes before each of them. */
function sent(content: Buffer, between: (at: number) => Promise<void> | void = () => undefined): Readable {
  const chunks = async function* () {
    for (let at = 0; at < content.length; at += 1_000_000) {
      await between(at);
      yield content.subarray(at, at + 1_000_000);
    }
  };
  return Readable.from(chunks(), { objectMode: false });
}

const put = (store: S3ObjectStore, content: Buffer): Promise<StoredObject> =>
  store.put(PROJECT, sent(content), identityOf(content));

async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

async function listed(store: S3ObjectStore): Promise<readonly string[]> {
  const digests: string[] = [];
  for await (const { sha256 } of store.list(PROJECT)) digests.push(sha256);
  return digests;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What of uploads is on the server's disk. */
function underWay(): number {
  const folder = join(directory, 'buckets', BUCKET, '.sgwtmp', 'multipart');
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

describe('an upload in parts', () => {
  test('gives back what was put, whole and in part', async () => {
    const store = await opened();
    const { sha256 } = await put(store, LARGE);
    expect((await bytesOf(await store.read(PROJECT, sha256))).equals(LARGE)).toBe(true);
    const part = await store.read(PROJECT, sha256, { start: 8_388_600, end: 16_777_300 });
    expect((await bytesOf(part)).equals(LARGE.subarray(8_388_600, 16_777_300))).toBe(true);
    expect(await store.verify(PROJECT, sha256)).toBe(true);
  });

  test('is visible by its completion, and not before', async () => {
    const seen: (readonly string[])[] = [];
    const store = await opened();
    const content = sent(LARGE, async () => void seen.push(await listed(store)));
    const { sha256 } = await store.put(PROJECT, content, identityOf(LARGE));
    expect(seen.length).toBe(20);
    expect(seen.flat()).toEqual([]);
    expect(await listed(store)).toEqual([sha256]);
  });

  test('of what was not announced leaves nothing, not even hidden', async () => {
    const store = await opened();
    const refused = store.put(PROJECT, sent(LARGE), { ...identityOf(LARGE), sha256: 'a'.repeat(64) });
    await expect(refused).rejects.toMatchObject({ name: 'RangeError' });
    const dying = await opened({
      fault: () => {
        throw new Error('crash');
      },
    });
    await expect(put(dying, LARGE)).rejects.toThrow('crash');
    expect([await listed(store), underWay()]).toEqual([[], 0]);
  });

  test('that a killed server cuts short fails, leaves nothing visible, and succeeds the next time', async () => {
    const store = await opened();
    const { port } = server;
    const small = await put(store, Buffer.from('before'));
    const cut = sent(LARGE, (at) => (at === 12_000_000 ? server.end('SIGKILL') : undefined));
    expect(await failureOf(store.put(PROJECT, cut, identityOf(LARGE)))).toMatchObject({
      name: 'OperationalError',
      retryable: true,
    });
    expect(cut.destroyed).toBe(true);
    server = await startS3(directory, { port });
    expect(await listed(store)).toEqual([small.sha256]);
    const { sha256 } = await put(store, LARGE);
    expect(await store.verify(PROJECT, sha256)).toBe(true);
  });

  test('that a killed process has begun is given up a day later', async () => {
    const store = await opened();
    const address = parseS3Address(`${server.address}/${BUCKET}`);
    const bucket = await Bucket.open({ address });
    await bucket.beginUpload(`objects/${PROJECT}/aa/${'a'.repeat(64)}`);
    expect(underWay()).toBe(1);
    await bucket.abortAbandoned(Date.now() + 86_000_000);
    expect(underWay()).toBe(1);
    await bucket.abortAbandoned(Date.now() + 87_000_000);
    expect(underWay()).toBe(0);
    bucket.close();
    expect(await listed(store)).toEqual([]);
  });
});

describe('a server that stands still', () => {
  test('is given up in time, and gone on with', async () => {
    const store = await opened({ timeoutMs: 500 });
    const { sha256 } = await put(store, Buffer.from('x'));
    server.freeze();
    const began = performance.now();
    const calls = [store.stat(PROJECT, sha256), put(store, Buffer.from('y')), listed(store), put(store, LARGE)];
    for (const failure of await Promise.all(calls.map(failureOf)))
      expect(failure).toMatchObject({ name: 'OperationalError', retryable: true, code: 'STORE_TIMEOUT' });
    // A bound against hanging, not a measure.
    expect(performance.now() - began).toBeLessThan(10_000);
    server.thaw();
    expect(await store.stat(PROJECT, sha256)).toEqual({ size: 1, sha256 });
  });

  test('while a body is read ends the reader; a reader that takes its time is not ended', async () => {
    const store = await opened({ timeoutMs: 500 });
    const { sha256 } = await put(store, LARGE);
    const slow = await store.read(PROJECT, sha256);
    const iterator = slow[Symbol.asyncIterator]();
    let bytes = ((await iterator.next()).value as Buffer).length;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      bytes += (next.value as Buffer).length;
    expect(bytes).toBe(LARGE.length);

    const body = await store.read(PROJECT, sha256);
    const reading = body[Symbol.asyncIterator]();
    await reading.next();
    server.freeze();
    const failure = await failureOf(
      (async () => {
        while ((await reading.next()).done !== true);
      })(),
    );
    expect(failure).toMatchObject({ name: 'OperationalError', retryable: true });
  });
});

test('a bucket that was missing is made with versions: what was removed is still there for its owner', async () => {
  const store = await opened();
  const { sha256 } = await put(store, Buffer.from('kept'));
  await store.remove(PROJECT, sha256);
  expect(await store.stat(PROJECT, sha256)).toBeUndefined();
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint = '', credentials, region } = parseS3Address(`${server.address}/${BUCKET}`);
  const client = new sdk.S3Client({ endpoint, region, forcePathStyle: true, ...(credentials && { credentials }) });
  const { Versions = [], DeleteMarkers = [] } = await client.send(
    new sdk.ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'objects/' }),
  );
  client.destroy();
  expect([Versions.length, DeleteMarkers.length]).toEqual([1, 1]);
  await put(store, Buffer.from('kept'));
  expect(await store.verify(PROJECT, sha256)).toBe(true);
});

test('a wrong secret is said, and not tried again', async () => {
  const address = new URL(`${server.address}/${BUCKET}`);
  address.password = 'wrong';
  await expect(S3ObjectStore.open({ address: address.href })).rejects.toMatchObject({
    name: 'OperationalError',
    code: 'STORE_ACCESS_DENIED',
    retryable: false,
  });
});
