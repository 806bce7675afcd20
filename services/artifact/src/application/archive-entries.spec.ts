import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { listEntries } from './archive-entries.js';

async function zipped(fill: (zip: ZipFile) => void): Promise<Buffer> {
  const zip = new ZipFile();
  fill(zip);
  zip.end();
  return buffer(zip.outputStream as Readable);
}

/** An object store of one object. */
const holding = (content: Buffer) => ({
  stat: async () => ({ size: content.length, sha256: 'x' }),
  read: async (_project: string, _sha256: string, range?: { readonly start: number; readonly end?: number }) =>
    Readable.from([content.subarray(range?.start ?? 0, range?.end ?? content.length)]),
});

const add = (zip: ZipFile, path: string, content = 'x', mode = 0o100644) =>
  zip.addBuffer(Buffer.from(content), path, { mode });

/** The same archive with other bytes of the same length, for what no honest archiver writes. */
const forged = (archive: Buffer, from: string, to: string): Buffer =>
  Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');

describe('the entries of an archive', () => {
  test('are listed with path, kind and size, in their order', async () => {
    const archive = await zipped((zip) => {
      zip.addEmptyDirectory('dist');
      add(zip, 'dist/app.js', 'hello');
      add(zip, 'README.md', 'hi');
    });
    expect(await listEntries(holding(archive), 'default', 'x')).toMatchObject({
      truncated: false,
      entries: [
        { path: 'dist/', kind: 'directory' },
        { path: 'dist/app.js', kind: 'file', bytes: 5 },
        { path: 'README.md', kind: 'file', bytes: 2 },
      ],
    });
  });

  test('are as many as were asked for, and it says whether there are more', async () => {
    const archive = await zipped((zip) => ['a', 'b', 'c'].forEach((path) => add(zip, path)));
    expect(await listEntries(holding(archive), 'default', 'x', 2)).toMatchObject({
      truncated: true,
      entries: [{ path: 'a' }, { path: 'b' }],
    });
    expect(await listEntries(holding(archive), 'default', 'x', 3)).toMatchObject({ truncated: false });
  });

  test('show links for what they are', async () => {
    const archive = await zipped((zip) => add(zip, 'link', '/etc/passwd', 0o120777));
    expect((await listEntries(holding(archive), 'default', 'x')).entries).toMatchObject([{ kind: 'other' }]);
  });

  test('can steer no terminal', async () => {
    const archive = forged(await zipped((zip) => add(zip, 'a?[31m')), '?', '\u001b');
    expect((await listEntries(holding(archive), 'default', 'x')).entries).toMatchObject([{ path: 'a\ufffd[31m' }]);
  });

  test.each([
    ['../../etc', 'aa/bb/etc'],
    ['/etc/root', 'aetc/root'],
  ])('are refused, all of them, with a path like %s', async (path, harmless) => {
    const archive = forged(await zipped((zip) => add(zip, harmless)), harmless, path);
    await expect(listEntries(holding(archive), 'default', 'x')).rejects.toThrow('This is not an archive');
  });

  test('are refused of something else', async () => {
    await expect(listEntries(holding(Buffer.from('hello')), 'default', 'x')).rejects.toThrow(RangeError);
    await expect(
      listEntries({ ...holding(Buffer.from('')), stat: async () => undefined }, 'default', 'abc'),
    ).rejects.toThrow('There is no object abc.');
  });
});
