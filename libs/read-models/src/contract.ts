import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectionDeclaration, Document, IndexValue, PageRequest, ReadModels } from './read-models.js';

type Pages = Pick<ReadModels, 'page'>;

const EXECUTIONS: CollectionDeclaration = {
  name: 'executions',
  indexes: [
    { name: 'byStart', fields: ['project', 'startedAt'] },
    { name: 'byStatus', fields: ['project', 'status', 'progress.done'] },
    { name: 'waiting', fields: ['waitingSince'], sparse: true },
  ],
};
const SUMMARY = 'execution.summary.v1';

async function allPages(
  store: Pages,
  collection: string,
  request: Omit<PageRequest, 'after'>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | undefined = undefined;
  for (;;) {
    const page: Awaited<ReturnType<ReadModels['page']>> = await store.page(collection, {
      ...request,
      ...(after !== undefined && { after }),
    });
    ids.push(...page.items.map(({ id }) => id));
    if (!page.hasMore) return ids;
    after = page.items.at(-1)?.cursor;
  }
}

/**
 * What every adapter of {@link ReadModels} promises. It asks for no transaction over documents: only that no document is behind
 * the checkpoint, and that a batch applied again changes nothing.
 *
 * @param open - opens the same read models each time it is given the same directory (or whatever an engine makes of its name).
 */
export function describeReadModels(name: string, open: (directory: string) => Promise<ReadModels>): void {
  describe(name, () => {
    let directory = '';
    let readModels: ReadModels;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'read-models-'));
      readModels = await open(directory);
      await readModels.declare(SUMMARY, [EXECUTIONS]);
    });

    afterEach(async () => {
      await readModels.close();
      await rm(directory, { recursive: true, force: true });
    });

    const apply = (checkpoint: bigint, documents: Record<string, Document | undefined>): Promise<void> =>
      readModels.apply(SUMMARY, {
        checkpoint,
        writes: Object.entries(documents).map(([id, document]) => ({
          collection: 'executions',
          id,
          position: checkpoint,
          ...(document !== undefined && { document }),
        })),
      });

    const pageOf = (request: Partial<PageRequest>, store: Pages = readModels): Promise<readonly string[]> =>
      allPages(store, 'executions', { index: 'byStart', equals: ['default'], limit: 2, ...request });

    describe('apply', () => {
      test('moves documents and checkpoint', async () => {
        await apply(7n, { a: { project: 'default', status: 'InProgress' }, b: { project: 'default' } });

        expect(await readModels.checkpoint(SUMMARY)).toBe(7n);
        expect(await readModels.get('executions', 'a')).toEqual({
          id: 'a',
          position: 7n,
          document: { project: 'default', status: 'InProgress' },
        });
        expect(await readModels.count('executions')).toBe(2);
      });

      test('moves the checkpoint alone when nothing was touched', async () => {
        await apply(7n, {});
        expect(await readModels.checkpoint(SUMMARY)).toBe(7n);
      });

      test('holds a position beyond 2^53', async () => {
        const position = 2n ** 60n + 1n;
        await apply(position, { a: { project: 'default' } });

        expect(await readModels.checkpoint(SUMMARY)).toBe(position);
        expect((await readModels.get('executions', 'a'))?.position).toBe(position);
      });

      test('changes nothing the second time, not even after a removal', async () => {
        await apply(5n, { a: { version: 1 }, b: { version: 1 } });
        await apply(9n, { a: { version: 2 }, b: undefined });

        await apply(5n, { a: { version: 1 }, b: { version: 1 } });
        expect(await readModels.get('executions', 'b')).toBeUndefined();
        expect(await readModels.checkpoint(SUMMARY)).toBe(9n);
        await apply(9n, { a: { version: 2 }, b: undefined });

        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 2 });
        expect(await readModels.get('executions', 'b')).toBeUndefined();
        expect(await readModels.checkpoint(SUMMARY)).toBe(9n);
        expect(await readModels.count('executions')).toBe(1);
      });

      test('leaves a document alone that is at the position or ahead of it', async () => {
        const write = (position: bigint, version: number) => ({
          collection: 'executions',
          id: 'a',
          position,
          document: { version },
        });
        await readModels.apply(SUMMARY, { checkpoint: 3n, writes: [write(8n, 1)] });
        await readModels.apply(SUMMARY, { checkpoint: 7n, writes: [write(7n, 2)] });
        await readModels.apply(SUMMARY, { checkpoint: 8n, writes: [write(8n, 3)] });
        await readModels.apply(SUMMARY, {
          checkpoint: 9n,
          writes: [{ collection: 'executions', id: 'a', position: 8n }],
        });
        expect(await readModels.get('executions', 'a')).toEqual({ id: 'a', position: 8n, document: { version: 1 } });

        await readModels.apply(SUMMARY, { checkpoint: 10n, writes: [write(10n, 4)] });
        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 4 });
      });

      test('stores a document again that was removed', async () => {
        await apply(1n, { a: { version: 1 } });
        await apply(2n, { a: undefined });
        await apply(3n, { a: { version: 3 } });
        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 3 });
      });

      test('keeps the projections apart', async () => {
        await readModels.declare('approval.inbox.v1', [{ name: 'approvals', indexes: [] }]);
        await apply(4n, { a: { version: 1 } });

        expect(await readModels.checkpoint('approval.inbox.v1')).toBe(0n);
        expect(await readModels.get('approvals', 'a')).toBeUndefined();
      });

      test('takes the batches of several projections at once', async () => {
        await readModels.declare('approval.inbox.v1', [{ name: 'approvals', indexes: [] }]);
        const inbox = { collection: 'approvals', id: 'x', position: 4n, document: { open: true } };
        await Promise.all([
          apply(4n, { a: { version: 1 } }),
          readModels.apply('approval.inbox.v1', { checkpoint: 5n, writes: [inbox] }),
          apply(6n, { a: { version: 2 } }),
        ]);

        expect(await readModels.checkpoint(SUMMARY)).toBe(6n);
        expect(await readModels.checkpoint('approval.inbox.v1')).toBe(5n);
        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 2 });
        expect((await readModels.get('approvals', 'x'))?.document).toEqual({ open: true });
      });

      test('refuses a document over 8 MB, and keeps what was there', async () => {
        await apply(1n, { a: { version: 1 } });
        await expect(apply(2n, { a: { text: 'x'.repeat(8_000_000) } })).rejects.toMatchObject({ name: 'RangeError' });

        expect(await readModels.checkpoint(SUMMARY)).toBe(1n);
        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 1 });
      });

      test.each([[''], ['a\0b'], ['x'.repeat(513)]])('refuses the id %j', async (id) => {
        await expect(apply(1n, { [id]: {} })).rejects.toMatchObject({ name: 'RangeError' });
      });

      test('keeps what an object may be called', async () => {
        const document = JSON.parse(
          '{"__proto__": {"a": 1}, "constructor": "x", "$set": {"a.b": null}, "": ["ü", 1.5, true]}',
        ) as Document;
        await apply(1n, { __proto__x: document });
        const stored = await readModels.get('executions', '__proto__x');
        expect(JSON.stringify(stored?.document)).toBe(JSON.stringify(document));
      });

      test('answers in the order of the ids', async () => {
        await apply(1n, { a: { version: 1 }, b: { version: 2 } });
        const documents = await readModels.getMany('executions', ['b', 'none', 'a', 'b']);
        expect(documents.map((stored) => stored?.id)).toEqual(['b', undefined, 'a', 'b']);
      });

      test('survives a restart', async () => {
        await apply(7n, { a: { project: 'default', startedAt: '2026-01-01' } });
        await readModels.close();
        readModels = await open(directory);
        await readModels.declare(SUMMARY, [EXECUTIONS]);

        expect(await readModels.checkpoint(SUMMARY)).toBe(7n);
        expect(await pageOf({})).toEqual(['a']);
      });
    });

    describe('page', () => {
      const started = (startedAt: IndexValue, project = 'default'): Document => ({ project, startedAt });

      test('follows the index in both directions, the id last', async () => {
        await apply(1n, {
          c: started('1'),
          b: started('2'),
          a: started('2'),
          d: started('3'),
          x: started('2', 'other'),
        });
        expect(await pageOf({})).toEqual(['c', 'a', 'b', 'd']);
        expect(await pageOf({ direction: 'descending' })).toEqual(['d', 'b', 'a', 'c']);
        expect(await pageOf({ equals: ['default', '2'], limit: 1 })).toEqual(['a', 'b']);
        expect(await pageOf({ equals: ['default', '2'], limit: 1, direction: 'descending' })).toEqual(['b', 'a']);
        expect(await pageOf({ equals: [] })).toEqual(['c', 'a', 'b', 'd', 'x']);
        expect(await pageOf({ equals: ['none'] })).toEqual([]);
      });

      test('orders null before numbers before text', async () => {
        const values: readonly (readonly [string, IndexValue | undefined])[] = [
          ['missing', undefined],
          ['null', null],
          ['minus', -1e300],
          ['minus small', -0.5],
          ['zero', 0],
          ['small', 5e-324],
          ['nine', 9],
          ['ten', 10],
          ['big', 2 ** 53],
          ['empty', ''],
          ['nul', '\0'],
          ['nul-a', '\0a'],
          ['digit', '10'],
          ['upper', 'B'],
          ['a', 'a'],
          ['a-nul', 'a\0'],
          ['ab', 'ab'],
          ['umlaut', 'ä'],
          ['private', '\uffee'],
          ['astral', '\u{1f600}'],
        ];
        const documents = values
          .toReversed()
          .map(([id, value]) => [id, { project: 'default', ...(value !== undefined && { startedAt: value }) }]);
        await apply(1n, Object.fromEntries(documents) as Record<string, Document>);

        const order = values.map(([id]) => id);
        expect(await pageOf({ limit: 3 })).toEqual(order);
        expect(await pageOf({ limit: 3, direction: 'descending' })).toEqual(order.toReversed());
        expect(await pageOf({ equals: ['default', null] })).toEqual(['missing', 'null']);
        expect(await pageOf({ equals: ['default', 'a'] })).toEqual(['a']);
        expect(await pageOf({ equals: ['default', 0] })).toEqual(['zero']);
      });

      test('takes a truth for 1 or 0 and what is neither text nor number for null', async () => {
        await apply(1n, {
          list: { waitingSince: [3] },
          no: { waitingSince: false },
          object: { waitingSince: {} },
          yes: { waitingSince: true },
        });
        expect(await pageOf({ index: 'waiting', equals: [] })).toEqual(['list', 'object', 'no', 'yes']);
        expect(await pageOf({ index: 'waiting', equals: [1] })).toEqual(['yes']);
      });

      test('reads dotted members, own ones only', async () => {
        await apply(1n, {
          half: { project: 'p', status: 's', progress: { done: 5 } },
          none: { project: 'p', status: 's', progress: 'text' },
          start: { project: 'p', status: 's', progress: { done: 1 } },
        });
        expect(await pageOf({ index: 'byStatus', equals: ['p', 's'] })).toEqual(['none', 'start', 'half']);
      });

      test('leaves documents out of a sparse index that lack a field, until they have it', async () => {
        await apply(1n, { a: { waitingSince: '2' }, b: {}, c: { waitingSince: '1' }, d: { waitingSince: null } });
        expect(await pageOf({ index: 'waiting', equals: [] })).toEqual(['d', 'c', 'a']);

        await apply(2n, { a: {}, b: { waitingSince: '0' } });
        expect(await pageOf({ index: 'waiting', equals: [] })).toEqual(['d', 'b', 'c']);
      });

      test('moves a document that has changed its place, and drops one that is gone', async () => {
        await apply(1n, { a: started('1'), b: started('2'), c: started('3') });
        await apply(2n, { a: started('4'), b: undefined });
        expect(await pageOf({})).toEqual(['c', 'a']);
      });

      test('goes on behind a cursor whose document has gone or moved', async () => {
        await apply(1n, { a: started('1'), b: started('2'), c: started('3') });
        const first = await readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 2 });
        await apply(2n, { b: undefined, a: started('9') });

        const after = first.items[1]?.cursor ?? '';
        const second = await readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 2, after });
        expect(second.items.map(({ id }) => id)).toEqual(['c', 'a']);
        const back = await readModels.page('executions', {
          index: 'byStart',
          equals: ['default'],
          limit: 2,
          after: second.items[1]?.cursor ?? '',
          direction: 'descending',
        });
        expect(back.items.map(({ id }) => id)).toEqual(['c']);
      });

      test('says whether there is more, also at the very end', async () => {
        await apply(1n, { a: started('1'), b: started('2') });
        const two = await readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 2 });
        const one = await readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 1 });
        expect([two.hasMore, one.hasMore]).toEqual([false, true]);
      });

      test('refuses what is not declared, and pages out of range', async () => {
        const refused = async (request: Partial<PageRequest>, collection = 'executions'): Promise<void> =>
          expect(
            readModels.page(collection, { index: 'byStart', equals: [], limit: 1, ...request }),
          ).rejects.toMatchObject({ name: 'RangeError' });
        await refused({ index: 'byNothing' });
        await refused({}, 'nothing');
        await refused({ limit: 0 });
        await refused({ limit: 501 });
        await refused({ limit: 1.5 });
        await refused({ equals: ['a', 'b', 'c'] });
      });

      test('refuses a cursor of another index, collection or query, and none at all', async () => {
        await readModels.declare('other.v1', [{ name: 'others', indexes: EXECUTIONS.indexes }]);
        const other = { collection: 'others', id: 'a', position: 1n, document: started('1') };
        await readModels.apply('other.v1', { checkpoint: 1n, writes: [other] });
        await apply(1n, { a: { ...started('1'), status: 's' }, b: started('1', 'foreign') });
        const cursorOf = async (collection: string, index: string, equals: readonly IndexValue[]): Promise<string> =>
          (await readModels.page(collection, { index, equals, limit: 1 })).items[0]?.cursor ?? 'none';
        const byStart = await cursorOf('executions', 'byStart', ['default']);

        const foreign = [
          await cursorOf('executions', 'byStatus', ['default']),
          await cursorOf('others', 'byStart', ['default']),
          await cursorOf('executions', 'byStart', ['foreign']),
          byStart.slice(0, 6),
          `A${byStart}`,
          '',
          'not a cursor',
          'x'.repeat(100_000),
        ];
        for (const after of foreign)
          await expect(
            readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 1, after }),
          ).rejects.toMatchObject({ name: 'RangeError' });
      });
    });

    describe('declare', () => {
      test('adds an index to what is there, changes one and drops one', async () => {
        await apply(1n, { a: { project: 'p', size: 2 }, b: { project: 'p', size: 1 }, c: { project: 'p' } });
        await readModels.declare(SUMMARY, [
          {
            name: 'executions',
            indexes: [
              { name: 'byStart', fields: ['size'] },
              { name: 'bySize', fields: ['project', 'size'], sparse: true },
            ],
          },
        ]);

        expect(await readModels.checkpoint(SUMMARY)).toBe(1n);
        expect(await pageOf({ index: 'byStart', equals: [] })).toEqual(['c', 'b', 'a']);
        expect(await pageOf({ index: 'bySize', equals: ['p'] })).toEqual(['b', 'a']);
        await expect(pageOf({ index: 'waiting', equals: [] })).rejects.toMatchObject({ name: 'RangeError' });
      });

      test('begins empty when a new projection takes the collection', async () => {
        await apply(9n, { a: { version: 1 } });
        await readModels.declare('execution.summary.v2', [EXECUTIONS]);

        expect(await readModels.checkpoint('execution.summary.v2')).toBe(0n);
        expect(await readModels.get('executions', 'a')).toBeUndefined();
        await expect(apply(10n, { a: { version: 2 } })).rejects.toMatchObject({ name: 'RangeError' });
      });

      test.each([
        [{ name: 'Executions', indexes: [] }],
        [{ name: 'a; DROP TABLE b', indexes: [] }],
        [{ name: 'a', indexes: [{ name: 'by-x', fields: ['x'] }] }],
        [{ name: 'a', indexes: [{ name: 'byX', fields: ["x') --"] }] }],
        [
          {
            name: 'a',
            indexes: [
              { name: 'byX', fields: ['x'] },
              { name: 'byX', fields: ['y'] },
            ],
          },
        ],
      ])('refuses %j', async (collection) => {
        await expect(readModels.declare('bad.v1', [collection])).rejects.toMatchObject({ name: 'RangeError' });
      });
    });

    describe('shadow', () => {
      const fill = async (version: number) => {
        const shadow = await readModels.shadow(SUMMARY, [EXECUTIONS]);
        const document = { version, project: 'default', startedAt: '1' };
        await shadow.store.apply(SUMMARY, {
          checkpoint: 12n,
          writes: [{ collection: 'executions', id: 'b', position: 12n, document }],
        });
        return shadow;
      };

      test('is filled beside what is served, then takes its place', async () => {
        await apply(10n, { a: { version: 1, project: 'default', startedAt: '0' } });
        const shadow = await fill(2);
        expect([await readModels.count('executions'), await shadow.store.count('executions')]).toEqual([1, 1]);
        expect(await readModels.get('executions', 'b')).toBeUndefined();
        expect(await shadow.store.get('executions', 'a')).toBeUndefined();
        expect(await pageOf({}, shadow.store)).toEqual(['b']);
        await apply(11n, { a: { version: 2, project: 'default', startedAt: '0' } });
        expect([await readModels.checkpoint(SUMMARY), await shadow.store.checkpoint(SUMMARY)]).toEqual([11n, 12n]);

        const cursor = (await readModels.page('executions', { index: 'byStart', equals: ['default'], limit: 1 }))
          .items[0]?.cursor;
        await shadow.swap();

        expect(await readModels.checkpoint(SUMMARY)).toBe(12n);
        expect(await readModels.get('executions', 'a')).toBeUndefined();
        expect(await pageOf({})).toEqual(['b']);
        const goesOn = await readModels.page('executions', {
          index: 'byStart',
          equals: ['default'],
          limit: 1,
          after: cursor ?? '',
        });
        expect(goesOn.items.map(({ id }) => id)).toEqual(['b']);
        await apply(13n, { c: { version: 3 } });
        expect(await readModels.count('executions')).toBe(2);
        await expect(shadow.swap()).rejects.toMatchObject({ name: 'RangeError' });
      });

      test('leaves nothing when it is discarded', async () => {
        await apply(10n, { a: { version: 1 } });
        const shadow = await fill(2);
        await shadow.discard();
        await shadow.discard();

        expect((await readModels.get('executions', 'a'))?.document).toEqual({ version: 1 });
        expect(await readModels.checkpoint(SUMMARY)).toBe(10n);
        await expect(shadow.swap()).rejects.toMatchObject({ name: 'RangeError' });
      });

      test('is gone after a restart, and a new one begins empty', async () => {
        await apply(10n, { a: { version: 1 } });
        await fill(2);
        await readModels.close();
        readModels = await open(directory);
        await readModels.declare(SUMMARY, [EXECUTIONS]);

        expect(await readModels.checkpoint(SUMMARY)).toBe(10n);
        expect(await readModels.count('executions')).toBe(1);
        const again = await readModels.shadow(SUMMARY, [EXECUTIONS]);
        expect([await again.store.checkpoint(SUMMARY), await again.store.count('executions')]).toEqual([0n, 0]);
      });

      test('lasts after the swap and a restart', async () => {
        await (await fill(2)).swap();
        await readModels.close();
        readModels = await open(directory);
        await readModels.declare(SUMMARY, [EXECUTIONS]);
        expect((await readModels.get('executions', 'b'))?.document).toMatchObject({ version: 2 });
      });
    });
  });
}
