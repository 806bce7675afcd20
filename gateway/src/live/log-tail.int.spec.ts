import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FilesActionLogs } from '@millrace/action-logs/files';
import { followLog, wholeCharacters } from './log-tail.js';

const log = {
  project: 'default',
  executionId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001',
  actionExecutionId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a002',
};

describe('followLog', () => {
  let directory: string;
  let logs: FilesActionLogs;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-tail-'));
    logs = await FilesActionLogs.open({ directory });
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  test('tells what is there, then what is written, until the log is closed', async () => {
    await logs.append(log, 0, Buffer.from('one\n'));
    const tail = followLog(logs, log, 0);
    expect((await tail.next()).value).toEqual({ offset: 0, nextOffset: 4, text: 'one\n' });
    const waiting = tail.next();
    await logs.append(log, 4, Buffer.from('two\n'));
    expect((await waiting).value).toEqual({ offset: 4, nextOffset: 8, text: 'two\n' });
    await logs.close(log);
    expect((await tail.next()).done).toBe(true);
  });

  test('goes on where a client stopped', async () => {
    await logs.append(log, 0, Buffer.from('one\ntwo\n'));
    expect((await followLog(logs, log, 4).next()).value).toEqual({ offset: 4, nextOffset: 8, text: 'two\n' });
  });

  test('cuts between characters, wherever the chunks were cut', async () => {
    const text = 'aé€😀z';
    const bytes = Buffer.from(text);
    const tail = followLog(logs, log, 0);
    let [heard, next] = ['', 0];
    const reading = (async () => {
      for await (const part of tail) {
        expect(part.offset).toBe(next);
        next = part.nextOffset;
        heard += part.text;
      }
    })();
    for (let offset = 0; offset < bytes.length; offset += 1)
      await logs.append(log, offset, bytes.subarray(offset, offset + 1));
    await logs.close(log);
    await reading;
    expect([heard, next]).toEqual([text, bytes.length]);
  });

  test('tells half a character only when nothing follows any more', async () => {
    await logs.append(log, 0, Buffer.from('€').subarray(0, 2));
    await logs.close(log);
    expect((await followLog(logs, log, 0).next()).value).toEqual({ offset: 0, nextOffset: 2, text: '\ufffd' });
  });

  test('ends at once when nobody listens any more', async () => {
    const tail = followLog(logs, log, 0);
    const waiting = tail.next();
    await tail.return();
    expect((await waiting).done).toBe(true);
  });
});

test('never cuts a character, and never waits for more than three bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(80), (text, cut) => {
      const bytes = Buffer.from(text);
      const head = bytes.subarray(0, Math.min(cut, bytes.length));
      const whole = wholeCharacters(head);
      expect(head.length - whole).toBeLessThanOrEqual(3);
      expect(Buffer.from(bytes.subarray(0, whole).toString()).equals(bytes.subarray(0, whole))).toBe(true);
    }),
  );
});

test('takes bytes that are no UTF-8 as they come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      expect(bytes.length - wholeCharacters(bytes)).toBeLessThanOrEqual(3);
    }),
  );
});
