import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM, type Head } from '../event-store.js';
import { verifyLog, type LogFault, type StoredLog } from '../verify-log.js';
import { settleFormat } from './format.js';
import { openLogDatabase } from './log-database.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import { SqliteLogReader } from './sqlite-log-reader.js';
import { missing, startWriteLoad, type Acknowledged } from './testing/write-load-process.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-durability-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const open = (more: Partial<Parameters<typeof SqliteEventStore.open>[0]> = {}) =>
  SqliteEventStore.open({ directory, ballastBytes: 0, ...more });
const stream = streams.execution('default', 'e');
const faultsOf = async (log: StoredLog): Promise<readonly LogFault[]> => {
  const faults: LogFault[] = [];
  for await (const step of verifyLog(log)) faults.push(...step.faults);
  return faults;
};
const verified = async (): Promise<readonly LogFault[]> => {
  const reader = SqliteLogReader.open({ directory });
  try {
    return await faultsOf(reader);
  } finally {
    await reader.close();
  }
};

test('every connection runs with a write-ahead log and full syncs', () => {
  const database = openLogDatabase(directory);
  expect(database.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 });
  expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
  database.close();
});

test('killed at any moment under load, it has lost nothing that was acknowledged, and every chain is whole', async () => {
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < 8; round += 1) {
    const load = startWriteLoad(directory, { writers: 1 + round * 4, size: 1 + (round % 3) });
    await load.reached(1 + round * 37);
    load.child.kill('SIGKILL');
    expect(await load.ended).toBe('SIGKILL');
    acknowledged.push(...load.acknowledged);
    const store = await open();
    expect(await missing(store, acknowledged)).toEqual([]);
    await store.close();
    expect(await verified()).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThan(500);
}, 60_000);

describe('one process owns the data', () => {
  test('a second one is refused with a sentence that names the directory', async () => {
    const store = await open();
    const load = startWriteLoad(directory, { writers: 1 });
    expect(await load.ended).toBe(1);
    expect(load.errors.join('\n')).toContain(`The data in ${directory} is in use by another Millrace process`);
    await store.close();
    const next = await open();
    await next.close();
  });

  test('in the same process too', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ name: 'OperationalError', code: 'DATA_IN_USE', retryable: false });
    await store.close();
  });

  test('a reader may look while it runs, also at what was just appended, and can not write', async () => {
    const store = await open();
    await store.append(stream, NEW_STREAM, [newEvent({ number: 1 })]);
    const reader = SqliteLogReader.open({ directory });
    expect((await reader.readAll()).events).toHaveLength(1);
    const { head } = await store.append(stream, (await store.readStream(stream)).head, [newEvent({ number: 2 })]);
    expect(await reader.head()).toEqual({ position: 2n, hash: head.hash });
    expect((await reader.readStream(stream)).head).toEqual(head);
    expect(reader.logId).toBe(store.logId);
    expect(await faultsOf(reader)).toEqual([]);
    await reader.close();
    await store.close();
  });

  test('a reader of no log says so', () => {
    expect(() => SqliteLogReader.open({ directory })).toThrow(/no event log in/);
    expect(existsSync(join(directory, 'log.sqlite'))).toBe(false);
  });
});

describe('a full store', () => {
  const fill = async (store: SqliteEventStore): Promise<{ head: Head; acknowledged: number }> => {
    let head = NEW_STREAM;
    for (let acknowledged = 0; ; acknowledged += 1) {
      try {
        ({ head } = await store.append(stream, head, [newEvent({ text: 'x'.repeat(2_000) })]));
      } catch (error) {
        expect(error).toMatchObject({
          name: 'OperationalError',
          code: 'STORE_FULL',
          retryable: true,
          mayHaveHappened: false,
        });
        return { head, acknowledged };
      }
    }
  };

  test('refuses with a retryable error, goes on reading, and goes on writing when there is room', async () => {
    const store = await open({ maxPageCount: 60 });
    const { head, acknowledged } = await fill(store);
    expect(acknowledged).toBeGreaterThan(20);
    expect((await store.readStream(stream)).head).toEqual(head);
    expect((await store.readAll()).events).toHaveLength(acknowledged);
    store.limitPages(1_000);
    const refused = async (): Promise<boolean> =>
      store.append(stream, head, [newEvent()]).then(
        () => false,
        (error: { code: string }) => error.code === 'STORE_FULL',
      );
    // It looks for room ten times a second.
    while (await refused()) await new Promise((resolve) => setImmediate(resolve));
    expect((await store.readStream(stream)).head.revision).toBe(head.revision + 1);
    await store.close();
    expect(await verified()).toEqual([]);
  });

  test('acknowledges nothing of the group that did not fit, and all of it is refused', async () => {
    const store = await open({ maxPageCount: 60 });
    const { acknowledged } = await fill(store);
    const group = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        store.append(streams.execution('default', `g${index}`), NEW_STREAM, [newEvent({ text: 'x'.repeat(2_000) })]),
      ),
    );
    expect(new Set(group.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await store.close();
    const again = await open();
    expect((await again.head()).position).toBe(BigInt(acknowledged));
    await again.close();
  });

  test('gives up its ballast, and takes it back when there is room', async () => {
    const ballast = join(directory, 'ballast');
    const store = await open({ maxPageCount: 60, ballastBytes: 100_000 });
    expect(statSync(ballast).size).toBe(100_000);
    const { head } = await fill(store);
    expect(existsSync(ballast)).toBe(false);
    store.limitPages(1_000);
    while (!existsSync(ballast))
      await store.append(stream, head, [newEvent()]).catch(() => new Promise((resolve) => setImmediate(resolve)));
    await store.close();
  });
});

describe('witnesses', () => {
  const write = async (events: number): Promise<void> => {
    const store = await open();
    let head = NEW_STREAM;
    for (let index = 0; index < events; index += 1)
      ({ head } = await store.append(stream, head, [newEvent({ index })]));
    await store.close();
  };
  const headFile = () =>
    JSON.parse(readFileSync(join(directory, 'head.json'), 'utf8')) as { logId: string; position: string; hash: string };

  test('head.json is the log at the close, and follows it meanwhile', async () => {
    const store = await open({ witnessEveryMs: 5 });
    const { position, head } = await store.append(stream, NEW_STREAM, [newEvent()]);
    while (!existsSync(join(directory, 'head.json')) || headFile().position !== '1')
      await new Promise((resolve) => setImmediate(resolve));
    expect(headFile()).toEqual({ logId: store.logId, position: String(position), hash: head.hash });
    const next = await store.append(stream, head, [newEvent()]);
    await store.close();
    expect(headFile()).toMatchObject({ position: '2', hash: next.head.hash });
  });

  test('a log behind head.json is refused with both positions', async () => {
    await write(3);
    const witness = readFileSync(join(directory, 'head.json'));
    const database = openLogDatabase(directory);
    database.exec('DELETE FROM events WHERE position > 1');
    database.close();
    await expect(open()).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringMatching(/head\.json.*position 3.*position 1.*--accept-loss/),
    });
    expect(readFileSync(join(directory, 'head.json'))).toEqual(witness);
    expect(await verified()).toMatchObject([{ problem: expect.stringMatching(/position 3.*position 1/) }]);
  });

  test('so is one behind a checkpoint that the caller knows, and one that holds another event there', async () => {
    await write(3);
    const views = { name: 'The view executions', position: 7n };
    await expect(open({ witnesses: [views] })).rejects.toMatchObject({
      message: expect.stringMatching(/The view executions.*position 7.*position 3/),
    });
    const other = { name: 'A copy', position: 2n, hash: 'f'.repeat(64) };
    await expect(open({ witnesses: [other] })).rejects.toMatchObject({
      message: expect.stringMatching(/A copy has seen another event at position 2.*position 3/),
    });
    const ofAnotherLog = { ...views, logId: 'another' };
    await (await open({ witnesses: [ofAnotherLog, { ...views, position: 3n }] })).close();
  });

  test('those that have seen the same are in one sentence', async () => {
    await write(3);
    const views = ['a', 'b', 'c'].map((name) => ({ name: `the view ${name}`, position: 7n }));
    const store = await open({ witnesses: [...views, { name: 'the view d', position: 5n }], acceptLoss: true });
    expect(store.losses).toEqual([
      'the view a, the view b and the view c have seen the log at position 7, but the log ends at position 3: 4 events are missing.',
      'the view d has seen the log at position 5, but the log ends at position 3: 2 events are missing.',
    ]);
    await store.close();
  });

  test('an accepted loss is named, and makes it another log, whose cursors are refused', async () => {
    await write(3);
    const before = headFile().logId;
    const store = await open({ witnesses: [{ name: 'The view executions', position: 7n }], acceptLoss: true });
    expect(store.losses).toEqual([expect.stringMatching(/position 7/)]);
    expect(store.logId).not.toBe(before);
    await store.close();
    const again = await open();
    expect(again.losses).toEqual([]);
    await again.close();
  });

  test('a head.json that can not be read is named, not ignored', async () => {
    await write(1);
    writeFileSync(join(directory, 'head.json'), '{"logId');
    await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED', message: expect.stringContaining('head.json') });
  });
});

describe('the format of the data', () => {
  test('is written down, and a newer one is refused', async () => {
    await (await open()).close();
    expect(readFileSync(join(directory, 'format'), 'utf8')).toBe('1\n');
    writeFileSync(join(directory, 'format'), '2\n');
    await expect(open()).rejects.toMatchObject({
      code: 'DATA_TOO_NEW',
      message: expect.stringMatching(/format 2.*up to 1/),
    });
    writeFileSync(join(directory, 'format'), 'two');
    await expect(open()).rejects.toMatchObject({ code: 'DATA_UNKNOWN' });
  });

  test('an older one is upgraded step by step, after a copy', async () => {
    const store = await open();
    await store.append(stream, NEW_STREAM, [newEvent()]);
    await store.close();
    const before = readFileSync(join(directory, 'log.sqlite'));
    const steps: string[] = [];
    const upgrade =
      (step: string) =>
      (where: string): void => {
        steps.push(step);
        writeFileSync(join(where, 'log.sqlite'), step);
      };
    settleFormat(
      directory,
      3,
      new Map([
        [1, upgrade('to 2')],
        [2, upgrade('to 3')],
      ]),
    );
    expect(steps).toEqual(['to 2', 'to 3']);
    expect(readFileSync(join(directory, 'format'), 'utf8')).toBe('3\n');
    expect(readFileSync(join(directory, 'before-format-1', 'log.sqlite'))).toEqual(before);
    expect(readFileSync(join(directory, 'before-format-2', 'log.sqlite'), 'utf8')).toBe('to 2');
  });

  test('an upgrade that broke off begins again, and does not copy half-upgraded data over the copy', async () => {
    await (await open()).close();
    const before = readFileSync(join(directory, 'log.sqlite'));
    const broken = new Map([
      [
        1,
        (where: string): void => {
          writeFileSync(join(where, 'log.sqlite'), 'half');
          throw new Error('Power cut.');
        },
      ],
    ]);
    expect(() => settleFormat(directory, 2, broken)).toThrow('Power cut.');
    expect(readFileSync(join(directory, 'format'), 'utf8')).toBe('1\n');
    settleFormat(directory, 2, new Map([[1, () => {}]]));
    expect(readFileSync(join(directory, 'before-format-1', 'log.sqlite'))).toEqual(before);
  });

  test('one that no upgrade is known from is refused', () => {
    mkdirSync(join(directory, 'x'));
    writeFileSync(join(directory, 'format'), '1\n');
    expect(() => settleFormat(directory, 2)).toThrow(/can't upgrade from format 1/);
  });
});
