import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DEFAULT_PROJECT } from '@millrace/contracts';
import { readHeadFile } from '@millrace/event-store/sqlite';
import { backup } from './backup.js';
import { DATA_FORMAT } from './data-directory.js';
import { restore } from './restore.js';
import { described, Installation } from './testing/installation.js';
import { verify } from './verify.js';

const signal = AbortSignal.timeout(60_000);
const silent = (): void => undefined;

let room: string;
let installation: Installation;

beforeEach(async () => {
  room = mkdtempSync(join(tmpdir(), 'millrace-backups-'));
  installation = await Installation.filled();
});
afterEach(async () => {
  await installation.remove();
  rmSync(room, { recursive: true, force: true });
});

const object = (content: string): string => {
  const { sha256 } = described(content);
  return join('objects', DEFAULT_PROJECT, sha256.slice(0, 2), sha256);
};
const take = (name: string) =>
  backup({ dataDirectory: installation.directory, signal, target: join(room, name) }, silent);
const restored = (name: string, replace = false) =>
  restore({ source: join(room, name), dataDirectory: join(room, 'data'), signal, replace }, silent);
const examine = (dataDirectory: string) => verify({ dataDirectory, signal }, silent);

describe('backup', () => {
  test('holds everything that can not be made again, while the platform works, and nothing else', async () => {
    writeFileSync(join(installation.directory, 'admin-token'), 'secret', { mode: 0o600 });
    const report = await take('first');
    const { logId } = installation.engines.store;
    expect(report.head).toBe(`${logId}.7`);
    expect(readdirSync(join(room, 'first')).toSorted()).toEqual([
      'admin-token',
      'backup.json',
      'format',
      'head.json',
      'log.sqlite',
      'logs',
      'messages.sqlite',
      'objects',
      'secrets',
    ]);
    expect(readHeadFile(join(room, 'first'))).toMatchObject({ logId, position: 7n });
    expect(readFileSync(join(room, 'first', object('the application')), 'utf8')).toBe('the application');
    expect(await examine(join(room, 'first'))).toMatchObject({ ok: true, head: report.head });
    expect(readdirSync(room)).toEqual(['first']);
    for (const secret of ['admin-token', join('secrets', 'job-key'), 'log.sqlite'])
      expect({ secret, mode: statSync(join(room, 'first', secret)).mode & 0o077 }).toEqual({ secret, mode: 0 });
  });

  test('is of one instant, whatever happens meanwhile', async () => {
    let working = true;
    const work = (async () => {
      for (let number = 0; working; number += 1) {
        await installation.storeArtifact(`more-${number}`, `content ${number}`);
        if (number > 3) await installation.expireArtifact(`more-${number - 3}`, `content ${number - 3}`);
        await installation.closeLog(`more-${number}`, `line ${number}`);
      }
    })();
    try {
      const first = await take('first');
      const second = await take('second');
      expect(Number(second.head.split('.')[1])).toBeGreaterThan(Number(first.head.split('.')[1]));
      for (const name of ['first', 'second'])
        expect(await examine(join(room, name))).toMatchObject({
          ok: true,
          findings: [],
          remarks: [{ code: 'VIEWS_ABSENT' }],
        });
    } finally {
      working = false;
      await work;
    }
  });

  test('refuses a name that is taken, and leaves it alone', async () => {
    mkdirSync(join(room, 'taken'));
    await expect(take('taken')).rejects.toMatchObject({ name: 'MaintenanceRefusal', code: 'NOT_EMPTY' });
    expect(readdirSync(join(room, 'taken'))).toEqual([]);
  });

  test('of damaged data is kept under another name, and the damage is told', async () => {
    rmSync(join(installation.directory, object('the tests')));
    await expect(take('first')).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringContaining('ARTIFACT_MISSING'),
    });
    expect(readdirSync(room)).toEqual(['first.damaged']);
  });

  test('is not made of a log whose tail is gone', async () => {
    await installation.stop();
    const log = new DatabaseSync(join(installation.directory, 'log.sqlite'));
    log.exec('DELETE FROM events WHERE position = 7');
    log.close();
    await expect(take('first')).rejects.toMatchObject({ code: 'DAMAGED' });
    expect(readdirSync(room)).toEqual([]);
  });

  test('leaves nothing when it is told to end', async () => {
    const ending = new AbortController();
    const ended = backup(
      { dataDirectory: installation.directory, signal: ending.signal, target: join(room, 'x') },
      () => ending.abort(new Error('enough')),
    );
    await expect(ended).rejects.toThrow('enough');
    expect(readdirSync(room)).toEqual([]);
  });

  test('writes the format that a new installation has', () => {
    expect(readFileSync(join(installation.directory, 'format'), 'utf8')).toBe(`${DATA_FORMAT}\n`);
  });
});

describe('restore', () => {
  beforeEach(() => take('backup'));

  test('makes data that a platform starts from and that keeps every promise', async () => {
    const { head } = await restored('backup');
    expect(await examine(join(room, 'data'))).toMatchObject({ ok: true, head });
    const started = await Installation.open(join(room, 'data'));
    await started.settled();
    const { items } = await started.engines.readModels.page('artifacts', {
      index: 'byExecution',
      equals: ['default'],
      limit: 9,
    });
    expect(items.map(({ id }) => id)).toEqual(['default/app', 'default/tests']);
    await started.stop();
    expect(await examine(join(room, 'data'))).toMatchObject({ ok: true, findings: [], remarks: [] });
  });

  test('makes another log of it, so that cursors into what is lost do not fit', async () => {
    const { head } = await restored('backup');
    expect(head).toMatch(/\.7$/);
    expect(head).not.toContain(installation.engines.store.logId);
  });

  test('fills an empty directory, which may be a mounted volume', async () => {
    mkdirSync(join(room, 'data'));
    const { ino } = statSync(join(room, 'data'));
    await restored('backup');
    expect(statSync(join(room, 'data')).ino).toBe(ino);
    expect(await examine(join(room, 'data'))).toMatchObject({ ok: true });
    expect(readdirSync(join(room, 'data')).some((name) => name.startsWith('.restoring'))).toBe(false);
  });

  test('refuses data that is there, or moves it aside when told to', async () => {
    mkdirSync(join(room, 'data'));
    writeFileSync(join(room, 'data', 'mine'), 'kept');
    await expect(restored('backup')).rejects.toMatchObject({ name: 'MaintenanceRefusal', code: 'NOT_EMPTY' });
    expect(readdirSync(join(room, 'data'))).toEqual(['mine']);

    const { movedAside } = await restored('backup', true);
    expect(readFileSync(join(movedAside ?? '', 'mine'), 'utf8')).toBe('kept');
    expect(await examine(join(room, 'data'))).toMatchObject({ ok: true });
  });

  test('refuses data on which a platform runs, also when told to replace it', async () => {
    const options = { source: join(room, 'backup'), dataDirectory: installation.directory, signal, replace: true };
    await expect(restore(options, silent)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await examine(installation.directory)).toMatchObject({ ok: true });
  });

  test('refuses what is no backup, and one that was damaged; nothing is made', async () => {
    mkdirSync(join(room, 'folder'));
    await expect(restored('folder')).rejects.toMatchObject({ code: 'NO_BACKUP' });
    writeFileSync(join(room, 'backup', object('the application')), 'THE application');
    await expect(restored('backup')).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringContaining('ARTIFACT_DAMAGED'),
    });
    expect(existsSync(join(room, 'data'))).toBe(false);
    expect(readdirSync(room).toSorted()).toEqual(['backup', 'folder']);
  });
});
