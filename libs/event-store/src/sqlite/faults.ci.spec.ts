import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM, type Head } from '../event-store.js';
import { verifyLog, type LogFault } from '../verify-log.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import { SqliteLogReader } from './sqlite-log-reader.js';
import { missing, startWriteLoad, type Acknowledged } from './testing/write-load-process.js';

let directory: string;
/** For strace's own output. */
let trace: string;

beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
  directory = join(base, 'data');
  trace = join(base, 'trace');
});

afterEach(() => {
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

/** Nothing that was acknowledged is missing, and every chain is whole. */
const expectWhole = async (acknowledged: readonly Acknowledged[]): Promise<void> => {
  const store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  expect(await missing(store, acknowledged)).toEqual([]);
  await store.close();
  const reader = SqliteLogReader.open({ directory });
  const faults: LogFault[] = [];
  for await (const step of verifyLog(reader)) faults.push(...step.faults);
  await reader.close();
  expect(faults).toEqual([]);
};

test('every commit is synced', async () => {
  const load = startWriteLoad(directory, { writers: 1, appends: 50 }, [
    'strace',
    '-f',
    '-o',
    trace,
    '-e',
    'trace=fsync,fdatasync',
  ]);
  expect(await load.ended).toBe(0);
  expect(load.acknowledged).toHaveLength(50);
  const syncs = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /f(data)?sync\(\d+\)\s+= 0/.test(line));
  expect(syncs.length).toBeGreaterThanOrEqual(50);
});

test('appends that arrive together share a sync', async () => {
  const load = startWriteLoad(directory, { writers: 50, appends: 10 }, [
    'strace',
    '-f',
    '-o',
    trace,
    '-e',
    'trace=fsync,fdatasync',
  ]);
  expect(await load.ended).toBe(0);
  expect(load.acknowledged).toHaveLength(500);
  const syncs = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /f(data)?sync\(\d+\)\s+= 0/.test(line));
  expect(syncs.length).toBeLessThan(100);
});

test.each([12, 20, 35])(
  'a sync that fails (number %d) ends the writing for good, though SQLite would let the next commit succeed',
  async (when) => {
    const inject = [
      'strace',
      '-f',
      '-o',
      trace,
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      `inject=fsync,fdatasync:error=EIO:when=${when}`,
    ];
    const load = startWriteLoad(directory, { writers: 4, appends: 200 }, inject);
    expect(await load.ended).toBe(70);
    const fatal = load.lines.indexOf('fatal STORE_FAILED');
    expect(fatal).toBeGreaterThan(0);
    expect(load.lines.slice(fatal).some((line) => line.startsWith('acknowledged'))).toBe(false);
    await expectWhole(load.acknowledged);
  },
);

test('killed before any of its writes, it has lost nothing that was acknowledged', async () => {
  const acknowledged: Acknowledged[] = [];
  const kill = async (when: number): Promise<boolean> => {
    const inject = [
      'strace',
      '-f',
      '-o',
      trace,
      '-e',
      'trace=pwrite64',
      '-e',
      `inject=pwrite64:signal=SIGKILL:when=${when}`,
    ];
    const load = startWriteLoad(directory, { writers: 3, appends: 6, size: 2 }, inject);
    const ended = await load.ended;
    acknowledged.push(...load.acknowledged);
    await expectWhole(acknowledged);
    return ended !== 0;
  };
  let when = 1;
  while (await kill(when)) when += when < 12 ? 1 : 5;
  expect(when).toBeGreaterThan(30);
  expect(acknowledged.length).toBeGreaterThan(20);
}, 180_000);

describe('a disk that is full', () => {
  beforeEach(() => {
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'millrace-test', directory]);
  });

  afterEach(() => {
    execFileSync('umount', [directory]);
  });

  test('is refused without a loss, read all the while, and written again when there is room', async () => {
    const stone = join(directory, 'stone');
    writeFileSync(stone, Buffer.alloc(10_000_000));
    const store = await SqliteEventStore.open({ directory, ballastBytes: 2_000_000 });
    const stream = streams.execution('default', 'e');
    const acknowledged: Acknowledged[] = [];
    let head: Head = NEW_STREAM;
    const append = async (): Promise<string> => {
      try {
        ({ head } = await store.append(stream, head, [newEvent({ text: 'x'.repeat(50_000) })]));
        acknowledged.push({ stream, revision: head.revision, hash: head.hash });
        return 'done';
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
    };
    while ((await append()) === 'done');
    expect(await append()).toBe('STORE_FULL');
    expect(existsSync(join(directory, 'ballast'))).toBe(false);
    expect(await missing(store, acknowledged)).toEqual([]);
    rmSync(stone);
    const before = acknowledged.length;
    while ((await append()) !== 'done') await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged.length).toBe(before + 1);
    expect(existsSync(join(directory, 'ballast'))).toBe(true);
    await store.close();
    await expectWhole(acknowledged);
  });
});
