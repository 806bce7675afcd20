import { copyFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { streams } from '@millrace/contracts';
import type { CollectionDeclaration, Document } from '../read-models.js';
import { pageSql } from './collection-reader.js';
import { SqliteReadModels } from './sqlite-read-models.js';
import type { SqliteReadModelsOptions } from './sqlite-read-models.js';

const PROJECTION = 'execution.summary.v1';
const BY_START = { name: 'byStart', fields: ['project', 'startedAt'] };
const WAITING = { name: 'waiting', fields: ['waitingSince'], sparse: true };
const EXECUTIONS: CollectionDeclaration = { name: 'executions', indexes: [BY_START, WAITING] };

let directory = '';
let messages: string[] = [];
const views = (suffix = ''): string => join(directory, `views.sqlite${suffix}`);

async function openViews(options: Partial<SqliteReadModelsOptions> = {}): Promise<SqliteReadModels> {
  const readModels = await SqliteReadModels.open({
    directory,
    onSetAside: (message) => messages.push(message),
    ...options,
  });
  await readModels.declare(PROJECTION, [EXECUTIONS]);
  return readModels;
}

async function fill(readModels: SqliteReadModels, from: number, to: number, extra: Document = {}): Promise<void> {
  const writes = Array.from({ length: to - from }, (_, at) => ({
    collection: 'executions',
    id: `e${String(from + at).padStart(7, '0')}`,
    position: BigInt(to),
    document: { project: 'default', startedAt: from + at, ...extra },
  }));
  await readModels.apply(PROJECTION, { checkpoint: BigInt(to), writes });
}

function inspect<T>(work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(views(), { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'views-'));
  messages = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a page', () => {
  const table = 'documents_executions_1';

  test.each(['ascending', 'descending'] as const)(
    'is one search of its index, without a sort (%s)',
    async (direction) => {
      const readModels = await openViews();
      for (const index of [BY_START, WAITING]) {
        const plan = inspect((database) =>
          database
            .prepare(`EXPLAIN QUERY PLAN ${pageSql(table, index, direction)}`)
            .all(Buffer.from('a'), Buffer.from('b'), 10)
            .map((row) => row['detail']),
        );
        expect(plan).toEqual([
          expect.stringMatching(
            new RegExp(`^SEARCH ${table} USING INDEX ${table}_\\w+ \\(entry_\\w+>\\? AND entry_\\w+<\\?\\)$`),
          ),
        ]);
      }
      await readModels.close();
    },
  );

  test('deep in 100,000 documents looks at as few rows as the first', async () => {
    const readModels = await openViews();
    for (let from = 0; from < 100_000; from += 10_000) await fill(readModels, from, from + 10_000);
    const request = { index: 'byStart', equals: ['default'], limit: 20 };
    const middle = await readModels.page('executions', { ...request, equals: ['default', 70_000], limit: 1 });
    const page = await readModels.page('executions', { ...request, after: middle.items[0]?.cursor ?? '' });
    expect(page.items.map(({ document }) => document['startedAt'])).toEqual(
      Array.from({ length: 20 }, (_, at) => 70_001 + at),
    );

    const cursor = Buffer.from(middle.items[0]?.cursor ?? '', 'base64url').subarray(8);
    const looked = inspect((database) => {
      let rows = 0;
      database.function('looked', () => (rows += 1));
      const sql = pageSql(table, BY_START, 'ascending').replace(' ORDER BY', ' AND looked() > 0 ORDER BY');
      expect(database.prepare(sql).all(cursor, Buffer.from([0xff]), 21)).toHaveLength(21);
      return rows;
    });
    expect(looked).toBe(21);
    await readModels.close();
  });
});

describe('a file that can not be used', () => {
  const damage: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    ['is not a database', () => writeFile(views(), 'a letter from home'.repeat(500)), /not a database/],
    [
      'is another program’s database',
      async () => {
        const database = new DatabaseSync(views());
        database.exec('CREATE TABLE bookmarks (url TEXT)');
        database.close();
      },
      /not a file of ours/,
    ],
    [
      'is of another format',
      async () => {
        await (await openViews()).close();
        const database = new DatabaseSync(views());
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
      /format 99/,
    ],
    [
      'has lost a table',
      async () => {
        await (await openViews()).close();
        const database = new DatabaseSync(views());
        database.exec('DROP TABLE documents_executions_1');
        database.close();
      },
      /no such table/,
    ],
    [
      'has lost its middle',
      async () => {
        const readModels = await openViews();
        await fill(readModels, 0, 5_000);
        await readModels.close();
        const bytes = await readFile(views());
        await writeFile(views(), bytes.fill(0x55, 4_096, 5 * 4_096));
      },
      /found damaged: .*malformed/,
    ],
  ];

  test.each(damage)('%s: it is set aside and everything begins at 0', async (_name, harm, cause) => {
    await harm();
    const readModels = await openViews();

    expect(messages).toEqual([expect.stringMatching(cause)]);
    expect(await readModels.checkpoint(PROJECTION)).toBe(0n);
    await fill(readModels, 0, 10);
    expect(await readModels.count('executions')).toBe(10);
    await readModels.close();
    expect(await readdir(directory)).toEqual(expect.arrayContaining(['views.damaged.sqlite', 'views.sqlite']));

    const again = await openViews();
    expect(messages).toHaveLength(1);
    expect(await again.count('executions')).toBe(10);
    await again.close();
  });

  test('is found out while it is read: the next start sets it aside', async () => {
    const first = await openViews();
    await fill(first, 0, 5_000, { text: 'x'.repeat(300) });
    await first.close();
    const bytes = await readFile(views());
    // The pages of the documents, not those that an opening looks at.
    await writeFile(views(), bytes.fill(0x55, Math.floor(bytes.length / 8_192) * 4_096));

    const second = await openViews();
    expect(messages).toEqual([]);
    const failure = await second
      .page('executions', { index: 'byStart', equals: [], limit: 500 })
      .catch((error: unknown) => error);
    const other = await second
      .getMany(
        'executions',
        Array.from({ length: 5_000 }, (_, at) => `e${String(at).padStart(7, '0')}`),
      )
      .catch((error: unknown) => error);
    expect([failure, other]).toContainEqual(
      expect.objectContaining({ name: 'OperationalError', code: 'READ_MODELS_DAMAGED', retryable: false }),
    );
    await second.close();

    const third = await openViews();
    expect(messages).toEqual([expect.stringContaining('found damaged: ')]);
    expect(await third.checkpoint(PROJECTION)).toBe(0n);
    await third.close();
  });

  test('was folded from another log', async () => {
    const first = await openViews({ logId: 'one' });
    await fill(first, 0, 10);
    await first.close();
    const same = await openViews({ logId: 'one' });
    expect(await same.count('executions')).toBe(10);
    await same.close();

    const other = await openViews({ logId: 'two' });
    expect(messages).toEqual([expect.stringContaining('another log')]);
    expect(await other.count('executions')).toBe(0);
    await other.close();
  });
});

describe('witnesses', () => {
  test('say what each view has seen of which log, before anything is opened', async () => {
    expect(SqliteReadModels.witnesses(directory)).toEqual([]);
    const readModels = await openViews({ logId: 'one' });
    expect(SqliteReadModels.witnesses(directory)).toEqual([]);
    await fill(readModels, 0, 10);
    const shadow = await readModels.shadow(PROJECTION, [EXECUTIONS]);
    await shadow.store.apply(PROJECTION, { checkpoint: 99n, writes: [] });
    const seen = [{ name: `the view ${PROJECTION}`, logId: 'one', position: 10n }];
    expect(SqliteReadModels.witnesses(directory)).toEqual(seen);
    await readModels.close();
    expect(SqliteReadModels.witnesses(directory)).toEqual(seen);

    await writeFile(views(), 'a letter from home'.repeat(500));
    expect(SqliteReadModels.witnesses(directory)).toEqual([]);
  });
});

describe('the write-ahead log', () => {
  test('is copied into the file beside the work, and does not grow without end', async () => {
    const readModels = await openViews();
    for (let round = 1; round <= 60; round += 1) {
      await fill(readModels, (round - 1) * 100, round * 100, { text: 'x'.repeat(3_000) });
      await nextTurn();
    }
    // The file grows by checkpoints alone; the connection itself would make its first one at 64 MB.
    while ((await stat(views())).size < 10_000_000) {
      await readModels.snapshots.save(
        streams.traffic('default', 'p'),
        { name: 'd', version: 1 },
        {
          head: { revision: 0, hash: '' },
          state: 'x'.repeat(100_000),
          commands: [],
        },
      );
      await nextTurn();
    }
    expect((await stat(views('-wal'))).size).toBeLessThan(80_000_000);
    expect(await readModels.count('executions')).toBe(6_000);
    await readModels.close();
  }, 30_000);
});

describe('a full disk', () => {
  test('refuses the batch whole, with an error that may be tried again, and reads go on', async () => {
    const readModels = await openViews({ pagesMax: 60 });
    await fill(readModels, 0, 10);
    await expect(fill(readModels, 10, 20, { text: 'x'.repeat(50_000) })).rejects.toMatchObject({
      name: 'OperationalError',
      code: 'STORE_FULL',
      retryable: true,
    });

    expect(await readModels.checkpoint(PROJECTION)).toBe(10n);
    expect(await readModels.count('executions')).toBe(10);
    await fill(readModels, 10, 20);
    expect(await readModels.count('executions')).toBe(20);
    await readModels.close();
    expect(messages).toEqual([]);
  });
});

describe('a copy of the files at any moment', () => {
  test('has documents and checkpoint of the same batch', async () => {
    const readModels = await openViews();
    for (let batch = 1; batch <= 20; batch += 1) await fill(readModels, (batch - 1) * 50, batch * 50);
    // What a killed process leaves behind: the log of writes, not yet in the file.
    const copy = await mkdtemp(join(tmpdir(), 'views-copy-'));
    for (const suffix of ['', '-wal']) await copyFile(views(suffix), join(copy, `views.sqlite${suffix}`));
    await readModels.close();

    const reopened = await SqliteReadModels.open({ directory: copy });
    await reopened.declare(PROJECTION, [EXECUTIONS]);
    expect(BigInt(await reopened.count('executions'))).toBe(await reopened.checkpoint(PROJECTION));
    expect(await reopened.count('executions')).toBe(1_000);
    await reopened.close();
    await rm(copy, { recursive: true });
  });
});

describe('what nobody reads any more', () => {
  const tables = (): readonly unknown[] =>
    inspect((database) =>
      database
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'documents%'`)
        .all()
        .map((row) => row['name']),
    );
  const untilTables = async (names: readonly string[]): Promise<void> => {
    while (JSON.stringify(tables()) !== JSON.stringify(names)) await nextTurn();
  };

  test('is deleted between other work after a swap', async () => {
    const readModels = await openViews();
    await fill(readModels, 0, 1_000);
    const shadow = await readModels.shadow(PROJECTION, [EXECUTIONS]);
    await shadow.swap();
    expect(await readModels.count('executions')).toBe(0);
    await untilTables(['documents_executions_2']);
    await readModels.close();
  });

  test('is deleted after a crash in the middle of a rebuild', async () => {
    const readModels = await openViews();
    await fill(readModels, 0, 10);
    await readModels.shadow(PROJECTION, [EXECUTIONS]);
    expect(tables()).toEqual(['documents_executions_1', 'documents_executions_2']);
    await readModels.close();

    const again = await openViews();
    await untilTables(['documents_executions_1']);
    expect(await again.count('executions')).toBe(10);
    await again.close();
  });
});

describe('connections', () => {
  test('are in WAL mode with synchronous NORMAL, and closed ones say so', async () => {
    const readModels = await openViews();
    expect(inspect((database) => database.prepare('PRAGMA journal_mode').get()?.['journal_mode'])).toBe('wal');
    await readModels.close();
    await readModels.close();
    await expect(readModels.count('executions')).rejects.toMatchObject({ name: 'OperationalError', code: 'CLOSED' });
    await expect(fill(readModels, 0, 1)).rejects.toMatchObject({ name: 'OperationalError' });
  });
});

describe('SqliteSnapshots', () => {
  const stream = streams.traffic('default', 'p');
  const decider = { name: 'traffic', version: 2 };
  const snapshot = (revision: number) => ({
    head: { revision, hash: 'a'.repeat(64) },
    state: { waiting: [revision], none: null },
    commands: [{ id: 'c', revision, position: '9007199254740993' }],
  });

  test('give back what was saved last, across a restart', async () => {
    const first = await openViews();
    expect(await first.snapshots.load(stream, decider)).toBeUndefined();
    await first.snapshots.save(stream, decider, snapshot(499));
    await first.snapshots.save(stream, decider, snapshot(999));
    await first.close();

    const second = await openViews();
    expect(await second.snapshots.load(stream, decider)).toEqual(snapshot(999));
    await second.close();
  });

  test('know the stream, the decider and its version apart', async () => {
    const readModels = await openViews();
    await readModels.snapshots.save(stream, decider, snapshot(1));
    expect(await readModels.snapshots.load(stream, { ...decider, version: 3 })).toBeUndefined();
    expect(await readModels.snapshots.load(stream, { ...decider, name: 'other' })).toBeUndefined();
    expect(await readModels.snapshots.load(streams.traffic('default', 'q'), decider)).toBeUndefined();

    await readModels.snapshots.save(stream, { ...decider, version: 3 }, snapshot(2));
    expect(await readModels.snapshots.load(stream, decider)).toBeUndefined();
    expect(await readModels.snapshots.load(stream, { ...decider, version: 3 })).toEqual(snapshot(2));
    await readModels.close();
  });
});
