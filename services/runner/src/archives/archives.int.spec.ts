import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  mkdirSync,
  symlinkSync,
  chmodSync,
  utimesSync,
  statSync,
  readdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import * as limits from './limits.js';
import { listTree } from './tree.js';
import { unzip } from './unzip.js';
import { zip } from './zip.js';

const never = new AbortController().signal;
let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-zip-')));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

interface RawEntry {
  readonly name: string;
  readonly content?: Buffer;
  readonly mode?: number;
  /** What the headers say the size is. */
  readonly claimed?: number;
  readonly flags?: number;
  /** Entries at the place of an earlier one, as overlapping bombs have. */
  readonly sameAs?: number;
}

/** An archive made by hand, so that it may say anything. */
function rawZip(entries: readonly RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content = Buffer.alloc(0), mode = 0o100644, claimed, flags = 0, sameAs } of entries) {
    const data = deflateRawSync(content);
    const path = Buffer.from(name, 'utf8');
    const at = sameAs === undefined ? offset : (offsets[sameAs] ?? 0);
    offsets.push(at);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags | 0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(claimed ?? content.length, 18);
    common.writeUInt16LE(path.length, 22);
    if (sameAs === undefined) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, data]);
      parts.push(local);
      offset += local.length;
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 3]), common, tail, path]));
  }
  const directoryBytes = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length & 0xffff, 8);
  end.writeUInt16LE(entries.length & 0xffff, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directoryBytes, end]);
}

/** An archive that says so in its ZIP64 part. */
function announcing(entries: number): Buffer {
  const zip64 = Buffer.alloc(56);
  zip64.write('PK\x06\x06', 0, 'latin1');
  zip64.writeBigUInt64LE(44n, 4);
  zip64.writeBigUInt64LE(BigInt(entries), 24);
  zip64.writeBigUInt64LE(BigInt(entries), 32);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 0, 'latin1');
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([zip64, locator, end]);
}

async function unpack(archive: Buffer, entriesMax?: number): Promise<string> {
  const target = join(directory, 'out');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(directory, 'in.zip'), archive);
  await unzip(join(directory, 'in.zip'), target, never, entriesMax);
  return target;
}

function write(path: string, content: string, mode = 0o644): void {
  const target = join(directory, 'tree', path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  chmodSync(target, mode);
}

async function pack(name: string) {
  return await zip((await listTree(join(directory, 'tree'), never)).files, join(directory, name), never);
}

describe('packing', () => {
  test('the same content has the same digest, whatever its times and its order on disk', async () => {
    write('b', '2');
    write('a/x', '1', 0o755);
    const first = await pack('1.zip');
    rmSync(join(directory, 'tree'), { recursive: true });
    write('a/x', '1', 0o711);
    write('b', '2', 0o600);
    utimesSync(join(directory, 'tree', 'b'), 1, 1);
    expect(await pack('2.zip')).toEqual(first);
    expect(first.bytes).toBe(statSync(join(directory, '1.zip')).size);
  });

  test('a changed content, name or "executable" changes the digest', async () => {
    write('a', '1');
    const first = await pack('1.zip');
    write('a', '1', 0o755);
    const executable = await pack('2.zip');
    write('a', '2');
    const changed = await pack('3.zip');
    expect(new Set([first.sha256, executable.sha256, changed.sha256]).size).toBe(3);
  });

  test('the digest does not depend on the time zone', async () => {
    write('a', '1');
    const before = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    const tokyo = await pack('1.zip');
    process.env['TZ'] = 'America/New_York';
    const york = await pack('2.zip');
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
    expect(york).toEqual(tokyo);
  });

  test('what was packed comes out again, executable where it was', async () => {
    write('a/run.sh', '#!/bin/sh\n', 0o755);
    write('ü/ñ.txt', 'text');
    write('empty', '');
    await pack('1.zip');
    const out = await unpack(readFileSync(join(directory, '1.zip')));
    expect(readFileSync(join(out, 'ü/ñ.txt'), 'utf8')).toBe('text');
    expect(statSync(join(out, 'a/run.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(out, 'empty')).mode & 0o777).toBe(0o644);
  });

  test('circles of links are left out', async () => {
    write('a/x', '1');
    symlinkSync('..', join(directory, 'tree/a/up'));
    const tree = await listTree(join(directory, 'tree'), never);
    expect(tree.files.map(({ path }) => path)).toEqual(['a/x']);
    expect(tree.leftOut).toEqual(['a/up: a link that leads out of the tree']);
    symlinkSync('../a', join(directory, 'tree/a/self'));
    expect((await listTree(join(directory, 'tree'), never)).leftOut).toContain('a/self: a circle of links');
  });
});

describe('unpacking refuses', () => {
  const file = (name: string, rest: Partial<RawEntry> = {}): RawEntry => ({ name, content: Buffer.from('x'), ...rest });

  test.each<[string, RawEntry[]]>([
    ['a path that climbs', [file('../evil')]],
    ['a path that climbs later', [file('a/../../evil')]],
    ['an absolute path', [file('/evil')]],
    ['a drive', [file('C:/evil')]],
    ['a backslash', [file('..\\evil')]],
    ['a link', [file('link', { mode: 0o120777, content: Buffer.from('/etc') })]],
    [
      'a link and something below it',
      [file('link', { mode: 0o120777, content: Buffer.from('/tmp') }), file('link/evil')],
    ],
    ['a device', [file('null', { mode: 0o020666 })]],
    ['a pipe', [file('pipe', { mode: 0o010644 })]],
    ['a socket', [file('socket', { mode: 0o140644 })]],
    ['a name twice', [file('a'), file('a')]],
    ['a file that is a directory too', [file('a'), file('a/b')]],
    ['a directory that is a file too', [file('a/b'), file('a')]],
    ['a zero byte in a name', [file('a\0b')]],
    ['a line break in a name', [file('a\nb')]],
    ['a name that is too long', [file('n'.repeat(256))]],
    ['a path that is too deep', [file(`${'d/'.repeat(limits.DEPTH_MAX)}x`)]],
    ['an empty part of a path', [file('a//b')]],
    ['a dot as part of a path', [file('./a')]],
    ['an encrypted entry', [file('a', { flags: 1 })]],
    ['a size that is a lie', [file('a', { content: Buffer.alloc(100_000), claimed: 10 })]],
  ])('%s', async (_what, entries) => {
    await expect(unpack(rawZip(entries))).rejects.toMatchObject({ name: 'ArchiveRefused' });
    expect(readdirSync(directory).sort()).toEqual(['in.zip', 'out']);
  });

  test('more content than its own size allows: a bomb', async () => {
    const content = Buffer.alloc(70 * 1_048_576);
    const bomb = rawZip([file('a', { content })]);
    expect(bomb.length).toBeLessThan(200_000);
    await expect(unpack(bomb)).rejects.toThrow(/content is larger than 67108864 bytes/);
    expect(statSync(join(directory, 'out', 'a')).size).toBeLessThanOrEqual(limits.RATIO_FREE_BYTES);
  });

  test('a bomb whose entries lie over each other', async () => {
    const content = Buffer.alloc(8 * 1_048_576);
    const entries = [
      file('f0', { content }),
      ...Array.from({ length: 9 }, (_, n) => file(`f${n + 1}`, { content, sameAs: 0 })),
    ];
    await expect(unpack(rawZip(entries))).rejects.toMatchObject({ name: 'ArchiveRefused' });
  });

  test('more entries than allowed', async () => {
    await expect(unpack(announcing(limits.ENTRIES_MAX + 1))).rejects.toThrow(/more than 100000 entries/);
    await expect(unpack(announcing(limits.ENTRIES_MAX))).rejects.not.toThrow(/more than 100000 entries/);
  });

  test('more directories than allowed, which few entries make by their names', async () => {
    const deep = (n: number): RawEntry => file(`${n}/${'d/'.repeat(limits.DEPTH_MAX - 2)}x`);
    const entries = [deep(1), deep(2), deep(3)];
    const directories = entries.length * (limits.DEPTH_MAX - 1);
    await expect(unpack(rawZip(entries), directories - 1)).rejects.toThrow(
      `The archive has more than ${directories - 1} directories.`,
    );
    rmSync(join(directory, 'out'), { recursive: true });
    await unpack(rawZip(entries), directories);
  });

  test('what is no archive', async () => {
    await expect(unpack(Buffer.from('no archive'))).rejects.toMatchObject({ name: 'ArchiveRefused' });
    const cut = rawZip([file('a', { content: Buffer.from('x'.repeat(1_000)) })]);
    await expect(unpack(cut.subarray(0, cut.length - 30))).rejects.toMatchObject({ name: 'ArchiveRefused' });
  });
});

describe('unpacking', () => {
  test('takes setuid, setgid and the rights of others away', async () => {
    const out = await unpack(rawZip([{ name: 'su', content: Buffer.from('x'), mode: 0o106777 }]));
    expect(statSync(join(out, 'su')).mode & 0o7777).toBe(0o755);
  });

  test('bears an archive that compresses well but is small', async () => {
    const out = await unpack(rawZip([{ name: 'zeros', content: Buffer.alloc(10 * 1_048_576) }]));
    expect(statSync(join(out, 'zeros')).size).toBe(10 * 1_048_576);
  });

  test('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    writeFileSync(join(directory, 'in.zip'), rawZip([{ name: 'a', content: Buffer.from('x') }]));
    await expect(unzip(join(directory, 'in.zip'), directory, stop.signal)).rejects.toThrow('stopped');
  });
});
