import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { streams } from '@millrace/contracts';
import { isOperational } from '@millrace/runtime';
import type { CollectionDeclaration, IndexDeclaration } from '../read-models.js';
import { MongoConnection } from './connection.js';
import { Documents } from './documents.js';
import { collectionName, currentOf, LayoutStore } from './layout.js';
import type { MongoReadModels } from './mongo-read-models.js';
import { mongoDbServer } from './testing/mongodb-server.js';
import type { MongoDbServer } from './testing/mongodb-server.js';

const VIEW = 'test.view.v1';
const BY_SIZE: IndexDeclaration = { name: 'bySize', fields: ['size'] };
const DECLARED: CollectionDeclaration = { name: 'documents', indexes: [BY_SIZE] };

let server: MongoDbServer;
let directory = '';
let readModels: MongoReadModels;
let connection: MongoConnection;
let closing: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await mongoDbServer();
});

afterAll(() => server.end());

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'documents-'));
  closing = [];
  readModels = await opened();
  await readModels.declare(VIEW, [DECLARED]);
  const database = `test_${basename(directory)}`;
  connection = await MongoConnection.open({ connectionString: server.connectionString, database });
  closing.push(connection);
});

afterEach(async () => {
  for (const each of closing) await each.close();
});

async function opened(more: Parameters<MongoDbServer['open']>[1] = {}): Promise<MongoReadModels> {
  const another = await server.open(directory, more);
  closing.push(another);
  return another;
}

const write = (id: string, position: bigint, document?: Record<string, number>) => ({
  collection: 'documents',
  id,
  position,
  ...(document && { document }),
});

async function current() {
  const generation = currentOf(await new LayoutStore(connection, 'log').load(), VIEW);
  const layout = generation?.collections[0];
  if (generation === undefined || layout === undefined) throw new Error('Nothing is declared.');
  return { documents: new Documents(connection, generation, layout), name: collectionName('documents', generation) };
}

async function collections(): Promise<readonly string[]> {
  const found = await connection.read((database) => database.listCollections({}, { nameOnly: true }).toArray());
  return found.map(({ name }) => name).filter((name) => name.includes('.'));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function wasApplied(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!isOperational(error) || !error.retryable) throw error;
    return false;
  }
}

describe('a writer that comes late', () => {
  test('does not bring back what another has removed', async () => {
    const { documents } = await current();
    await readModels.apply(VIEW, { checkpoint: 5n, writes: [write('a', 5n, { size: 1 })] });
    await readModels.apply(VIEW, { checkpoint: 9n, writes: [write('a', 9n), write('b', 9n)] });
    await documents.write(
      [write('a', 7n, { size: 2 }), write('b', 8n, { size: 2 })].map((one) => documents.encode(one)),
    );

    expect(await readModels.getMany('documents', ['a', 'b'])).toEqual([undefined, undefined]);
    expect(await readModels.count('documents')).toBe(0);
  });

  test('loses to the highest position, however many write at once', async () => {
    const { documents } = await current();
    const positions = Array.from({ length: 40 }, (_, at) => BigInt(((at * 17) % 40) + 1));
    await Promise.all(
      positions.map((position) =>
        documents.write([documents.encode(write('a', position, { size: Number(position) }))]),
      ),
    );
    expect(await readModels.get('documents', 'a')).toMatchObject({ position: 40n, document: { size: 40 } });
  });
});

describe('indexes', () => {
  test('are what was declared, whatever the server had', async () => {
    const { documents, name } = await current();
    const before = await documents.collection.indexes();
    const foreign = { name: 'foreign', key: { x: 1 } } as const;
    await connection.write(() => documents.collection.createIndexes([foreign]));
    const key = before.map((index) => index.name).find((one) => one?.startsWith('bySize'));
    await connection.write(() => documents.collection.dropIndex(key ?? ''));

    await readModels.declare(VIEW, [DECLARED]);
    expect((await documents.collection.indexes()).map((index) => index.name).toSorted()).toEqual(
      before.map((index) => index.name).toSorted(),
    );
    expect(await collections()).toEqual([name]);
  });

  test('that come are filled beside a writer that knows nothing of them', async () => {
    const ids = Array.from({ length: 120 }, (_, at) => `d${String(at).padStart(3, '0')}`);
    const all = (position: bigint) => ids.map((id, at) => write(id, position, { size: 1, rank: ids.length - at }));
    await readModels.apply(VIEW, { checkpoint: 1n, writes: all(1n) });
    const other = await opened();
    const byRank: IndexDeclaration = { name: 'byRank', fields: ['rank'] };
    let declared = false;
    const writing = (async () => {
      for (let position = 2n; !declared; position += 1n)
        // As the projector does it: the stand-in fails a write that meets the end of an index.
        await until(() => wasApplied(readModels.apply(VIEW, { checkpoint: position, writes: all(position) })));
    })();
    await other.declare(VIEW, [{ name: 'documents', indexes: [byRank] }]);
    declared = true;
    await writing;

    const page = await readModels.page('documents', { index: 'byRank', equals: [], limit: 500 });
    expect(page.items.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  test('that a late writer has left out are mended by the repeat of its batch', async () => {
    const { documents } = await current();
    const byRank: IndexDeclaration = { name: 'byRank', fields: ['rank'] };
    await readModels.declare(VIEW, [{ name: 'documents', indexes: [byRank] }]);
    const late = write('a', 5n, { rank: 1 });
    // By the declaration that held before: it has found that out by now, and applies the batch again.
    await documents.write([documents.encode(late)]);
    const page = { index: 'byRank', equals: [], limit: 5 };
    expect((await readModels.page('documents', page)).items).toHaveLength(0);
    await readModels.apply(VIEW, { checkpoint: 5n, writes: [late] });
    expect((await readModels.page('documents', page)).items).toMatchObject([{ id: 'a', position: 5n }]);
  });

  test('that a crash has left half filled are filled by the next start', async () => {
    await readModels.apply(VIEW, {
      checkpoint: 1n,
      writes: [write('a', 1n, { rank: 2 }), write('b', 1n, { rank: 1 })],
    });
    const coming = [{ name: 'byRank', fields: ['rank'] }];
    // As far as a declaration had come when its process was killed.
    await new LayoutStore(connection, 'log').change((generations) =>
      generations.map((generation) => ({
        ...generation,
        collections: generation.collections.map((collection) => ({ ...collection, coming })),
      })),
    );
    await expect(readModels.page('documents', { index: 'byRank', equals: [], limit: 5 })).rejects.toMatchObject({
      name: 'RangeError',
    });
    await readModels.apply(VIEW, { checkpoint: 2n, writes: [write('c', 2n, { rank: 0 })] });
    await readModels.declare(VIEW, [{ name: 'documents', indexes: coming }]);
    const page = await readModels.page('documents', { index: 'byRank', equals: [], limit: 5 });
    expect(page.items.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });
});

test('what nobody reads any more is dropped after a while, and what is served stays', async () => {
  const sweeping = await opened({ dropAfterMs: 1 });
  await sweeping.apply(VIEW, { checkpoint: 1n, writes: [write('a', 1n, { size: 1 })] });
  const { name: old } = await current();
  const shadow = await sweeping.shadow(VIEW, [DECLARED]);
  await shadow.store.apply(VIEW, { checkpoint: 2n, writes: [write('a', 2n, { size: 2 })] });
  expect((await collections()).length).toBe(2);
  await shadow.swap();
  await until(async () => !(await collections()).includes(old));
  expect(await collections()).toEqual([(await current()).name]);
  expect((await readModels.get('documents', 'a'))?.document).toEqual({ size: 2 });
});

test('a checkpoint that has gone back stops whoever folds, until it begins again', async () => {
  await readModels.apply(VIEW, { checkpoint: 5n, writes: [] });
  await connection.write((database) => database.collection('checkpoints').deleteMany({}));
  await expect(readModels.apply(VIEW, { checkpoint: 6n, writes: [] })).rejects.toMatchObject({
    name: 'OperationalError',
    code: 'READ_MODELS_DAMAGED',
    retryable: false,
  });
  await readModels.declare(VIEW, [DECLARED]);
  expect(await readModels.checkpoint(VIEW)).toBe(0n);
});

test('the views of two logs in one database do not see each other', async () => {
  await readModels.apply(VIEW, { checkpoint: 5n, writes: [write('a', 5n, { size: 1 })] });
  const other = await opened({ logId: 'another', dropAfterMs: 1 });
  await other.declare(VIEW, [DECLARED]);
  expect([await other.checkpoint(VIEW), await other.get('documents', 'a')]).toEqual([0n, undefined]);
  expect(await readModels.get('documents', 'a')).toBeDefined();
  expect(await readModels.witnesses()).toEqual([{ name: `the view ${VIEW}`, logId: 'log', position: 5n }]);
});

test('many that start at once declare one generation', async () => {
  const many = await Promise.all(Array.from({ length: 6 }, () => opened()));
  await Promise.all(many.map((one) => one.declare('test.many.v1', [{ name: 'many', indexes: [BY_SIZE] }])));
  const named = (await collections()).filter((name) => name.startsWith('many.'));
  expect(named).toHaveLength(1);
});

test('an older snapshot does not take the place of a newer one', async () => {
  const { snapshots } = readModels;
  const stream = streams.traffic('default', 'p');
  const decider = { name: 'traffic', version: 1 };
  const at = (revision: number) => ({ head: { revision, hash: 'a'.repeat(64) }, state: { revision }, commands: [] });
  await snapshots.save(stream, decider, at(1_000));
  await snapshots.save(stream, decider, at(500));
  expect((await snapshots.load(stream, decider))?.head.revision).toBe(1_000);
});
