import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import type { ViewPage } from '../views/connection.js';
import { foldAll, recorded, type Happening } from '../views/testing/log.js';
import { SHOP } from '../views/testing/shop.js';
import type { PipelineDocument } from './pipeline.document.js';
import { PipelineQuery } from './pipeline.query.js';
import { pipelinesProjection } from './pipelines.projection.js';

const COUNT = 450;

const creation = (index: number): Happening => {
  const name = `${index % 90 === 0 ? 'Shop' : 'other'}-${String(index).padStart(4, '0')}`;
  const pipelineId = `p${index}`;
  return {
    category: 'pipeline',
    pipelineId,
    event: {
      type: 'PipelineCreated',
      data: { pipelineId, name, version: 1, declaration: { ...SHOP, name }, tags: [], createdAt: '' },
    },
  };
};

const deletion = (index: number): Happening => ({
  category: 'pipeline',
  pipelineId: `p${index}`,
  event: { type: 'PipelineDeleted', data: { pipelineId: `p${index}`, name: '', deletedAt: '' } },
});

describe('pipelines in the read store', () => {
  let directory: string;
  let readModels: SqliteReadModels;
  let query: PipelineQuery;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-pipelines-'));
    readModels = await SqliteReadModels.open({ directory, logId: 'log' });
    const { name, collection } = pipelinesProjection;
    await readModels.declare(name, [collection]);
    const events = recorded([
      ...Array.from({ length: COUNT }, (_, index) => creation(index)),
      deletion(1),
      deletion(2),
    ]);
    const documents = [...foldAll<PipelineDocument>(pipelinesProjection, events)];
    const writes = documents.map(([id, document]) => ({
      collection: collection.name,
      id,
      position: 1n,
      document: JSON.parse(JSON.stringify(document)) as never,
    }));
    await readModels.apply(name, { checkpoint: 1n, writes });
    query = new PipelineQuery(readModels);
  });

  afterAll(async () => {
    await readModels.close();
    await rm(directory, { recursive: true, force: true });
  });

  const names = (page: ViewPage<PipelineDocument>) => page.items.map(({ document }) => document.name);

  async function all(wish: { search?: string; deleted?: boolean; first: number }): Promise<readonly string[]> {
    const found: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await query.page('default', { deleted: false, ...wish, after });
      found.push(...names(page));
      if (!page.hasMore) return found;
      after = page.endCursor ?? page.items.at(-1)?.cursor;
    }
  }

  test('the list has each pipeline that is there, once, in the order of the names', async () => {
    const listed = await all({ first: 100 });
    expect(listed).toHaveLength(COUNT - 2);
    expect(new Set(listed).size).toBe(COUNT - 2);
    expect([...listed].sort()).toEqual(listed);
  });

  test.each([1, 2, 3, 100])('a search finds each match once, whatever its case, by pages of %i', async (first) => {
    expect(await all({ search: 'SHOP', first })).toEqual([
      'Shop-0000',
      'Shop-0090',
      'Shop-0180',
      'Shop-0270',
      'Shop-0360',
    ]);
  });

  test('a search without a match ends', async () => {
    expect(await all({ search: 'nothing', first: 10 })).toEqual([]);
  });

  test('those that were deleted are listed apart and found by id only', async () => {
    expect(await all({ deleted: true, first: 1 })).toEqual(['other-0002', 'other-0001']);
    expect(await query.byName('default', 'other-0001')).toBeUndefined();
    expect((await query.byId('default', 'p1'))?.document.name).toBe('other-0001');
  });

  test('a cursor that is not ours is the caller’s mistake', async () => {
    await expect(query.page('default', { first: 1, deleted: false, after: 'nonsense' })).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  test('another project sees nothing of it', async () => {
    expect(names(await query.page('other', { first: 10, deleted: false }))).toEqual([]);
    expect(await query.byId('other', 'p1')).toBeUndefined();
  });
});
