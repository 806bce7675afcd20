import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeActionLogs } from '../contract.js';
import type { LogId } from '../action-logs.js';
import { FilesActionLogs } from './files-action-logs.js';

describeActionLogs('FilesActionLogs', (directory, { capBytes }) => FilesActionLogs.open({ directory, capBytes }));

describe('FilesActionLogs on its disk', () => {
  let directory = '';
  const logOf = (action: number): LogId => ({ project: 'default', executionId: 'e', actionExecutionId: `a-${action}` });
  const folder = (): string => join(directory, 'logs', 'default', 'e');

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'log-files-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  test('is a plain file while it grows', async () => {
    const logs = await FilesActionLogs.open({ directory });
    await logs.append(logOf(1), 0, Buffer.from('hello'));
    expect(await readdir(folder())).toEqual(['a-1.log']);
    await logs.close(logOf(1));
    expect((await readdir(folder())).toSorted()).toEqual(['a-1.closed.json', 'a-1.log']);
    await logs.remove(logOf(1));
    await expect(readdir(folder())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a crash in the middle of a close leaves an open log, whose last line is written once', async () => {
    const crashing = await FilesActionLogs.open({
      directory,
      capBytes: 10,
      fault: () => {
        throw new Error('crash');
      },
    });
    for (const log of [logOf(1), logOf(2)]) await crashing.append(log, 0, Buffer.from('0123456789abc'));
    // Not noted on its own: what is known after the crash is less, and so is the last line.
    await crashing.append(logOf(2), 13, Buffer.alloc(10_000));
    for (const log of [logOf(1), logOf(2)]) await expect(crashing.close(log)).rejects.toThrow('crash');

    const logs = await FilesActionLogs.open({ directory, capBytes: 10 });
    expect(await logs.state(logOf(1))).toEqual({ bytes: 10, closed: false });
    expect(await logs.append(logOf(1), 13, Buffer.from('de'))).toBe(15);
    const closed = await logs.close(logOf(1));
    const content = Buffer.concat((await (await logs.stream(logOf(1))).toArray()) as Buffer[]);
    expect(content.toString()).toMatch(/^0123456789\n[^\n]* 5 bytes [^\n]*\n$/);
    expect(closed).toEqual({
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      dropped: 5,
    });

    const { bytes, dropped } = await logs.close(logOf(2));
    expect(dropped).toBe(3);
    expect((await stat(join(folder(), 'a-2.log'))).size).toBe(bytes);
  });

  test('a close that failed can be repeated, and writes the last line once', async () => {
    let failures = 1;
    const logs = await FilesActionLogs.open({
      directory,
      capBytes: 10,
      fault: () => {
        if ((failures -= 1) >= 0) throw new Error('no');
      },
    });
    await logs.append(logOf(1), 0, Buffer.from('0123456789abc'));
    await expect(logs.close(logOf(1))).rejects.toThrow('no');
    expect(await logs.state(logOf(1))).toEqual({ bytes: 10, closed: false });

    const closed = await logs.close(logOf(1));
    const content = Buffer.concat((await (await logs.stream(logOf(1))).toArray()) as Buffer[]);
    expect(content.toString()).toMatch(/^0123456789\n[^\n]* 3 bytes [^\n]*\n$/);
    expect(closed).toMatchObject({ dropped: 3, sha256: createHash('sha256').update(content).digest('hex') });
  });

  test('keeps few files open, however many logs grow, and loses nothing by it', async () => {
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const logs = await FilesActionLogs.open({ directory, handlesMax: 5 });
    const before = process.platform === 'linux' ? await openFiles() : 0;
    for (let round = 0; round < 3; round += 1)
      for (let action = 0; action < 60; action += 1)
        await logs.append(logOf(action), round * 4, Buffer.from(`r${round}-\n`));
    if (process.platform === 'linux') expect((await openFiles()) - before).toBeLessThanOrEqual(6);

    await Promise.all(Array.from({ length: 60 }, (_, action) => logs.append(logOf(action), 12, Buffer.from('end\n'))));
    const expected = Buffer.from('r0-\nr1-\nr2-\nend\n');
    for (let action = 0; action < 60; action += 1)
      expect(await logs.close(logOf(action))).toEqual({
        bytes: 16,
        sha256: createHash('sha256').update(expected).digest('hex'),
        dropped: 0,
      });
    if (process.platform === 'linux') expect((await openFiles()) - before).toBeLessThanOrEqual(0);
  });

  test('knows a log still that it has forgotten, and those that are followed it does not forget', async () => {
    const logs = await FilesActionLogs.open({ directory, handlesMax: 1 });
    await logs.append(logOf(0), 0, Buffer.from('abc'));
    const follower = logs.follow(logOf(0), 0, new AbortController().signal)[Symbol.asyncIterator]();
    expect((await follower.next()).value).toEqual({ offset: 0, bytes: Buffer.from('abc') });
    // Its follower is busy elsewhere, and its file is closed for another one.
    await logs.append(logOf(1), 0, Buffer.from('x'));
    for (let action = 2; action < 1_200; action += 1) await logs.state(logOf(action));
    expect(await logs.append(logOf(0), 3, Buffer.from('def'))).toBe(6);
    expect((await follower.next()).value).toEqual({ offset: 3, bytes: Buffer.from('def') });
  });

  test('a damaged note of a close is named, not taken for an open log', async () => {
    const logs = await FilesActionLogs.open({ directory });
    await logs.append(logOf(1), 0, Buffer.from('abc'));
    await logs.close(logOf(1));
    await writeFile(join(folder(), 'a-1.closed.json'), '{"bytes":');
    const again = await FilesActionLogs.open({ directory });
    await expect(again.state(logOf(1))).rejects.toMatchObject({ name: 'OperationalError', code: 'LOG_DAMAGED' });
  });
});
