import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ActionLogs, LogId } from './action-logs.js';

const LOG: LogId = { project: 'default', executionId: 'e-1', actionExecutionId: 'a-1' };
const REFUSED = { name: 'RangeError' };

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = async (stream: Readable): Promise<Buffer> => Buffer.concat((await stream.toArray()) as Buffer[]);

/**
 * What every adapter of {@link ActionLogs} promises.
 *
 * @param open - a second opening stands for a new process: nothing was closed before it. It opens the same logs each time it is given the same directory (or whatever an engine makes of its name).
 */
export function describeActionLogs(
  name: string,
  open: (directory: string, options: { readonly capBytes: number }) => Promise<ActionLogs>,
): void {
  describe(name, () => {
    const capBytes = 1_000_000;
    let directory = '';
    let logs: ActionLogs;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'action-logs-'));
      logs = await open(directory, { capBytes });
    });

    afterEach(() => rm(directory, { recursive: true, force: true }));

    const restart = async (): Promise<void> => {
      logs = await open(directory, { capBytes });
    };
    const append = (offset: number, content: string | Uint8Array, log = LOG): Promise<number> =>
      logs.append(log, offset, Buffer.from(content));
    const whole = async (log = LOG): Promise<string> => text(await bytesOf(await logs.stream(log)));

    describe('append', () => {
      test('answers where the next chunk goes', async () => {
        expect(await append(0, 'one\n')).toBe(4);
        expect(await append(4, 'zwei ü\n')).toBe(12);
        expect(await append(12, '')).toBe(12);
        expect(await whole()).toBe('one\nzwei ü\n');
        expect(await logs.state(LOG)).toEqual({ bytes: 12, closed: false });
      });

      test('skips what is there, whole or in part', async () => {
        await append(0, 'abcdef');
        expect(await append(0, 'abcdef')).toBe(6);
        expect(await append(2, 'cd')).toBe(6);
        expect(await append(4, 'efgh')).toBe(8);
        expect(await append(0, 'abcdefghij')).toBe(10);
        expect(await whole()).toBe('abcdefghij');
      });

      test('refuses a gap, naming the size', async () => {
        await append(0, 'abc');
        await expect(append(4, 'e')).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('3 bytes') });
        expect(await whole()).toBe('abc');
      });

      test('keeps the order of chunks that are on their way together', async () => {
        const chunks = Array.from({ length: 200 }, (_, at) => `line ${at}\n`);
        let offset = 0;
        const sent = chunks.map((chunk) => {
          const at = offset;
          offset += Buffer.byteLength(chunk);
          return append(at, chunk);
        });
        await Promise.all([...sent, append(0, chunks.join(''))]);
        expect(await whole()).toBe(chunks.join(''));
      });

      test('keeps logs apart', async () => {
        const others: readonly LogId[] = [
          { ...LOG, project: 'other' },
          { ...LOG, executionId: 'e-2' },
          { ...LOG, actionExecutionId: 'a-2' },
          { ...LOG, actionExecutionId: 'a-1.closed' },
        ];
        for (const [at, log] of others.entries()) await append(0, `log ${at}`, log);
        expect(await logs.state(LOG)).toEqual({ bytes: 0, closed: false });
        expect(await Promise.all(others.map((log) => whole(log)))).toEqual(['log 0', 'log 1', 'log 2', 'log 3']);
      });

      test('goes on after a restart, wherever it stopped', async () => {
        await append(0, 'before ');
        await restart();
        await expect(append(8, 'x')).rejects.toMatchObject(REFUSED);
        expect(await append(0, 'before after')).toBe(12);
        expect(await whole()).toBe('before after');
      });

      test.each([-1, 0.5, NaN, Infinity])('refuses the offset %d', async (offset) => {
        await expect(append(offset, 'x')).rejects.toMatchObject(REFUSED);
      });
    });

    describe('read', () => {
      test('gives a part, and none at the end and beyond', async () => {
        await append(0, 'abcdef');
        const part = async (offset: number, limit?: number): Promise<string> =>
          text((await logs.read(LOG, offset, limit)).bytes);
        expect(await part(0)).toBe('abcdef');
        expect(await part(2, 3)).toBe('cde');
        expect(await part(4, 100)).toBe('ef');
        expect(await part(6)).toBe('');
        expect(await part(99)).toBe('');
        expect((await logs.read(LOG, 0)).state).toEqual({ bytes: 6, closed: false });
      });

      test('gives 64 KiB unless it is told otherwise', async () => {
        const content = randomBytes(100_000);
        await append(0, content);
        expect(Buffer.compare((await logs.read(LOG, 10)).bytes, content.subarray(10, 10 + 65_536))).toBe(0);
        expect((await logs.read(LOG, 0, 4 * 1024 * 1024)).bytes).toHaveLength(100_000);
      });

      test('takes an unknown log for empty and open', async () => {
        expect(await logs.read(LOG, 0)).toEqual({ bytes: new Uint8Array(), state: { bytes: 0, closed: false } });
        expect(await whole()).toBe('');
      });

      test.each([0, -1, 1.5, 4 * 1024 * 1024 + 1])('refuses the limit %d', async (limit) => {
        await expect(logs.read(LOG, 0, limit)).rejects.toMatchObject(REFUSED);
      });
    });

    describe('stream', () => {
      test('gives all from an offset on', async () => {
        const content = randomBytes(700_000);
        await append(0, content);
        expect((await bytesOf(await logs.stream(LOG))).equals(content)).toBe(true);
        expect((await bytesOf(await logs.stream(LOG, 699_990))).equals(content.subarray(699_990))).toBe(true);
        expect(await bytesOf(await logs.stream(LOG, 700_000))).toHaveLength(0);
      });
    });

    describe('close', () => {
      test('answers size and digest, again and after a restart', async () => {
        await append(0, 'abc');
        await append(3, 'def');
        const closed = { bytes: 6, sha256: sha256(Buffer.from('abcdef')), dropped: 0 };
        expect(await logs.close(LOG)).toEqual(closed);
        expect(await logs.close(LOG)).toEqual(closed);
        await restart();
        expect(await logs.state(LOG)).toEqual({ bytes: 6, closed: true });
        expect(await logs.close(LOG)).toEqual(closed);
        expect(await whole()).toBe('abcdef');
      });

      test('digests what an earlier run has written, too', async () => {
        const content = randomBytes(600_000);
        await append(0, content.subarray(0, 300_000));
        await restart();
        await append(300_000, content.subarray(300_000));
        expect(await logs.close(LOG)).toEqual({ bytes: 600_000, sha256: sha256(content), dropped: 0 });
      });

      test('closes a log without a byte', async () => {
        expect(await logs.close(LOG)).toEqual({ bytes: 0, sha256: sha256(Buffer.from('')), dropped: 0 });
        expect(await logs.state(LOG)).toEqual({ bytes: 0, closed: true });
        await expect(append(0, 'x')).rejects.toMatchObject(REFUSED);
      });

      test('lets a repeated chunk pass, and nothing beyond it', async () => {
        await append(0, 'abc');
        await logs.close(LOG);
        expect(await append(1, 'bc')).toBe(3);
        await expect(append(1, 'bcd')).rejects.toMatchObject(REFUSED);
        await restart();
        expect(await append(0, 'abc')).toBe(3);
        await expect(append(3, 'd')).rejects.toMatchObject(REFUSED);
      });

      test('waits for the chunks that came before it', async () => {
        const [, , closed] = await Promise.all([append(0, 'abc'), append(3, 'def'), logs.close(LOG)]);
        expect(closed.bytes).toBe(6);
      });
    });

    describe('the cap', () => {
      const full = Buffer.alloc(capBytes, 'x');

      test('drops what is beyond it, and says so in one last line', async () => {
        expect(await append(0, full)).toBe(capBytes);
        expect(await append(capBytes - 5, 'xxxxx12345')).toBe(capBytes + 5);
        expect(await append(capBytes + 5, '678')).toBe(capBytes + 8);
        expect(await append(capBytes, '12345678')).toBe(capBytes + 8);
        expect(await logs.state(LOG)).toEqual({ bytes: capBytes, closed: false });

        const { bytes, dropped, sha256: digest } = await logs.close(LOG);
        expect(dropped).toBe(8);
        const content = await bytesOf(await logs.stream(LOG));
        expect([content.length, sha256(content)]).toEqual([bytes, digest]);
        expect(content.subarray(0, capBytes).equals(full)).toBe(true);
        expect(text(content.subarray(capBytes))).toMatch(/^\n[^\n]*\b8 bytes\b[^\n]*\n$/);
        expect(await append(capBytes, '12345678')).toBe(capBytes + 8);
        await expect(append(capBytes + 8, '9')).rejects.toMatchObject(REFUSED);
      });

      test('says nothing at exactly the cap', async () => {
        await append(0, full);
        expect(await logs.close(LOG)).toEqual({ bytes: capBytes, sha256: sha256(full), dropped: 0 });
      });

      test('is remembered over a restart, and a sender may go on where it was', async () => {
        await append(0, Buffer.concat([full, Buffer.from('123')]));
        await restart();
        expect(await append(capBytes + 100, 'abc')).toBe(capBytes + 103);
        expect((await logs.close(LOG)).dropped).toBe(103);
      });

      test('is not forgotten when the log is closed right after a restart', async () => {
        await append(0, Buffer.concat([full, Buffer.from('123')]));
        await restart();
        expect((await logs.close(LOG)).dropped).toBe(3);
      });
    });

    describe('follow', () => {
      const endless = new AbortController().signal;

      test('gives what is there, then what comes, and ends at the close', async () => {
        await append(0, 'abc');
        const got: string[] = [];
        let next = 1;
        for await (const { offset, bytes } of logs.follow(LOG, 1, endless)) {
          expect(offset).toBe(next);
          next += bytes.length;
          got.push(text(bytes));
          if (next === 3) await append(3, 'def');
          else if (next === 6) void append(6, 'ghi').then(() => logs.close(LOG));
        }
        expect(got.join('')).toBe('bcdefghi');
      });

      test('waits for a log that has not begun, and for an offset to come', async () => {
        const waiting = logs.follow(LOG, 2, endless)[Symbol.asyncIterator]().next();
        await append(0, 'ab');
        await append(2, 'cd');
        expect((await waiting).value).toEqual({ offset: 2, bytes: Buffer.from('cd') });
      });

      test('serves many, each from its own offset', async () => {
        const content = randomBytes(500_000);
        const followers = Array.from({ length: 20 }, async (_, at) => {
          const got: Uint8Array[] = [];
          for await (const { bytes } of logs.follow(LOG, at * 1_000, endless)) got.push(bytes);
          return Buffer.concat(got).equals(content.subarray(at * 1_000));
        });
        for (let at = 0; at < content.length; at += 10_000) await append(at, content.subarray(at, at + 10_000));
        await logs.close(LOG);
        expect(await Promise.all(followers)).toEqual(Array.from({ length: 20 }, () => true));
      });

      test('gives the line about what was dropped', async () => {
        await append(0, Buffer.alloc(capBytes + 1));
        const follower = logs.follow(LOG, capBytes, endless)[Symbol.asyncIterator]();
        const line = follower.next();
        await logs.close(LOG);
        expect(text((await line).value?.bytes ?? Buffer.from(''))).toContain('1 bytes');
        expect((await follower.next()).done).toBe(true);
      });

      test('ends at once for a closed log', async () => {
        await append(0, 'abc');
        await logs.close(LOG);
        await restart();
        const got: string[] = [];
        for await (const { bytes } of logs.follow(LOG, 0, endless)) got.push(text(bytes));
        expect(got).toEqual(['abc']);
      });

      test('ends by its signal while it waits, before it begins, and when it is left', async () => {
        const leaving = new AbortController();
        const waiting = logs.follow(LOG, 0, leaving.signal)[Symbol.asyncIterator]().next();
        await append(0, '');
        leaving.abort();
        expect((await waiting).done).toBe(true);
        expect((await logs.follow(LOG, 0, leaving.signal)[Symbol.asyncIterator]().next()).done).toBe(true);

        const left = logs.follow(LOG, 0, endless)[Symbol.asyncIterator]();
        const pending = left.next();
        await left.return?.();
        expect((await pending).done).toBe(true);
      });

      test('ends when the log is removed', async () => {
        await append(0, 'abc');
        const follower = logs.follow(LOG, 0, endless)[Symbol.asyncIterator]();
        await follower.next();
        const waiting = follower.next();
        await logs.remove(LOG);
        await append(0, 'another life');
        expect((await waiting).done).toBe(true);
      });
    });

    describe('remove', () => {
      test('leaves nothing, whether it was open, closed or never there', async () => {
        await logs.remove(LOG);
        await append(0, 'abc');
        await logs.remove(LOG);
        expect(await logs.state(LOG)).toEqual({ bytes: 0, closed: false });
        await append(0, 'de');
        await logs.close(LOG);
        await logs.remove(LOG);
        expect(await logs.state(LOG)).toEqual({ bytes: 0, closed: false });
        await restart();
        expect(await append(0, 'fresh')).toBe(5);
        expect(await logs.close(LOG)).toEqual({ bytes: 5, sha256: sha256(Buffer.from('fresh')), dropped: 0 });
      });

      test('takes the note about what was dropped along', async () => {
        await append(0, Buffer.alloc(capBytes + 5));
        await logs.remove(LOG);
        await append(0, 'x');
        expect((await logs.close(LOG)).dropped).toBe(0);
      });
    });

    describe('names', () => {
      const bad = ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0', '-a', '.a', ' ', 'a'.repeat(129)];
      const parts = ['project', 'executionId', 'actionExecutionId'] as const;

      test.each(parts.flatMap((part) => bad.map((value) => [part, value] as const)))(
        'refuses %s %j everywhere',
        async (part, value) => {
          const log = { ...LOG, [part]: value };
          await expect(append(0, 'x', log)).rejects.toMatchObject(REFUSED);
          await expect(logs.read(log, 0)).rejects.toMatchObject(REFUSED);
          await expect(logs.stream(log)).rejects.toMatchObject(REFUSED);
          await expect(logs.state(log)).rejects.toMatchObject(REFUSED);
          await expect(logs.close(log)).rejects.toMatchObject(REFUSED);
          await expect(logs.remove(log)).rejects.toMatchObject(REFUSED);
          expect(() => logs.follow(log, 0, new AbortController().signal)).toThrow(expect.objectContaining(REFUSED));
        },
      );
    });
  });
}
