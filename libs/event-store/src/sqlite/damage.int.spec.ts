import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM } from '../event-store.js';
import { verifyLog, type LogFault } from '../verify-log.js';
import { openLogDatabase } from './log-database.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import { SqliteLogReader } from './sqlite-log-reader.js';
import { findWalDamage } from './wal-scan.js';

/** What a kill left: a log whose newest events stand in the write-ahead log. */
let directory: string;
const EVENTS = 20;
const FRAME_BYTES = 24 + 4096;

beforeEach(async () => {
  const living = mkdtempSync(join(tmpdir(), 'millrace-damage-'));
  directory = mkdtempSync(join(tmpdir(), 'millrace-damage-'));
  const store = await SqliteEventStore.open({ directory: living, ballastBytes: 0, witnessEveryMs: 100_000 });
  let head = NEW_STREAM;
  for (let index = 0; index < EVENTS; index += 1)
    ({ head } = await store.append(streams.execution('default', 'e'), head, [
      newEvent({ index, text: `event ${index} `.repeat(100) }),
    ]));
  cpSync(living, directory, { recursive: true });
  await store.close();
  cpSync(join(living, 'head.json'), join(directory, 'head.json'));
  rmSync(living, { recursive: true });
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const wal = (): string => join(directory, 'log.sqlite-wal');
const open = (acceptLoss = false) => SqliteEventStore.open({ directory, ballastBytes: 0, acceptLoss });
const flip = (path: string, offset: number): void => {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8(0) ^ 0x10);
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
};
const faults = async (): Promise<readonly LogFault[]> => {
  const reader = SqliteLogReader.open({ directory });
  const found: LogFault[] = [];
  for await (const step of verifyLog(reader)) found.push(...step.faults);
  await reader.close();
  return found;
};
/** Moves everything into the main file. */
const settle = async (): Promise<void> => (await open()).close();
/** Where a text that an event holds stands in the main file. */
const placeOf = (text: string): number => readFileSync(join(directory, 'log.sqlite')).indexOf(text);

test('what a kill leaves is whole', async () => {
  expect(findWalDamage(directory)).toBeUndefined();
  expect(await faults()).toEqual([]);
  const store = await open();
  expect((await store.head()).position).toBe(BigInt(EVENTS));
  await store.close();
});

test('a truncated write-ahead log is refused with both positions', async () => {
  truncateSync(wal(), Math.trunc(statSync(wal()).size / 2));
  await expect(open()).rejects.toMatchObject({
    code: 'LOG_DAMAGED',
    message: expect.stringMatching(/position 20.*ends at position \d+/),
  });
  expect(await faults()).toEqual([{ problem: expect.stringMatching(/position 20/), witnessed: true }]);
});

test('a write-ahead log that is gone is refused', async () => {
  rmSync(wal());
  await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
});

test.each([0.1, 0.3, 0.5, 0.7, 0.9])(
  'a bit that was flipped at %d of the write-ahead log is found without any witness',
  async (part) => {
    rmSync(join(directory, 'head.json'));
    flip(wal(), Math.trunc(statSync(wal()).size * part));
    await expect(open()).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringMatching(/log\.sqlite-wal is damaged in frame \d+/),
    });
    // Nothing was dropped by looking.
    await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(await faults()).toContainEqual({ problem: expect.stringMatching(/log\.sqlite-wal is damaged/) });
  },
);

test('a bit that was flipped in the header of the write-ahead log is found', async () => {
  rmSync(join(directory, 'head.json'));
  flip(wal(), 17);
  await expect(open()).rejects.toMatchObject({
    message: expect.stringMatching(/header of log\.sqlite-wal is damaged/),
  });
});

test('a bit that was flipped in the last transaction is found by its witness', async () => {
  flip(wal(), statSync(wal()).size - FRAME_BYTES / 2);
  await expect(open()).rejects.toMatchObject({ message: expect.stringMatching(/position 20.*position 19/) });
});

test('a last transaction that was torn, and that nobody has seen, is no damage', async () => {
  rmSync(join(directory, 'head.json'));
  truncateSync(wal(), statSync(wal()).size - FRAME_BYTES / 2);
  const store = await open();
  expect((await store.head()).position).toBe(BigInt(EVENTS - 1));
  await store.close();
});

test('frames of an earlier use of the same file are no damage', async () => {
  const store = await open();
  const database = openLogDatabase(directory);
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  await store.append(streams.execution('default', 'other'), NEW_STREAM, [newEvent()]);
  expect(statSync(wal()).size).toBeGreaterThan(10 * FRAME_BYTES);
  expect(findWalDamage(directory)).toBeUndefined();
  database.close();
  await store.close();
});

test('an accepted loss goes on with what is left, and appends there', async () => {
  flip(wal(), Math.trunc(statSync(wal()).size / 2));
  const store = await open(true);
  expect(store.losses.join(' ')).toMatch(/damaged in frame .*head\.json has seen the log at position 20/);
  const { head } = await store.readStream(streams.execution('default', 'e'), { direction: 'backwards', limit: 1 });
  await store.append(streams.execution('default', 'e'), head, [newEvent()]);
  await store.close();
  expect(await faults()).toEqual([]);
});

test('a bit that was flipped in the main file is found and named with its stream, revision and position', async () => {
  await settle();
  flip(join(directory, 'log.sqlite'), placeOf('event 7 event 7'));
  expect(await faults()).toEqual([
    {
      position: 8n,
      stream: 'execution-default/e',
      revision: 7,
      problem: expect.stringContaining('hash does not match'),
    },
  ]);
});

test('a stored hash that was changed breaks its own event and the one behind it', async () => {
  await settle();
  const database = openLogDatabase(directory);
  database.exec('UPDATE events SET hash = hex(zeroblob(32)) WHERE position = 5');
  database.close();
  expect((await faults()).map(({ position }) => position)).toEqual([5n, 6n]);
});

test('an event that was taken out, put elsewhere or rewritten with a new hash is named', async () => {
  await settle();
  const database = openLogDatabase(directory);
  database.exec('DELETE FROM events WHERE position = 5');
  database.close();
  const found = await faults();
  expect(found).toContainEqual({ position: 5n, problem: expect.stringContaining('from position 5 to 5 are missing') });
  expect(found).toContainEqual(
    expect.objectContaining({
      position: 6n,
      revision: 5,
      problem: expect.stringContaining('revision 4 of the stream is missing'),
    }),
  );
});

test('pages that are wiped are named, and what can be read behind them is still checked', async () => {
  await settle();
  const path = join(directory, 'log.sqlite');
  const page = Math.trunc(placeOf('event 7 event 7') / 4096);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
  closeSync(file);
  flip(path, placeOf('event 15 event 15'));
  const found = await faults();
  expect(found.length).toBeGreaterThan(1);
  expect(found).toContainEqual(expect.objectContaining({ position: 16n, revision: 15 }));
});
