import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import * as limits from './limits.js';
import { ArchiveRefused } from './limits.js';

const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const EXECUTABLE = 0o111;
const UNIX = 3;

export interface Unpacked {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Unpacks an archive into an empty directory that nobody else writes to. Refused, whole: absolute paths and `..`, links, devices, duplicate
 * names, control characters in names, and more than the limits, measured on the bytes that come out. Of the permissions only "executable"
 * is kept. After a refusal the directory holds a part of the content.
 *
 * @param entriesMax - of entries, and of directories, those that are only named on the way to an entry included.
 *
 * @throws ArchiveRefused
 */
export async function unzip(
  archive: string,
  directory: string,
  signal: AbortSignal,
  entriesMax = limits.ENTRIES_MAX,
): Promise<Unpacked> {
  const { size } = await stat(archive);
  const zip = await openZip(archive);
  try {
    // The reader takes as many as are announced, no more.
    if (zip.entryCount > entriesMax) throw new ArchiveRefused(`The archive has more than ${entriesMax} entries.`);
    const unpacking = new Unpacking(zip, directory, size, entriesMax);
    // yauzl's reading in pairs with "next entry": one entry is unpacked before the next is read.
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      await unpacking.take(entry);
    }
    return unpacking.result();
  } catch (error) {
    signal.throwIfAborted();
    throw refusal(error);
  } finally {
    zip.close();
  }
}

class Unpacking {
  readonly #zip: ZipFile;
  readonly #directory: string;
  readonly #contentBytesMax: number;
  readonly #directoriesMax: number;
  readonly #names = new Set<string>();
  readonly #directories = new Set<string>();
  #entries = 0;
  #bytes = 0;

  constructor(zip: ZipFile, directory: string, archiveBytes: number, directoriesMax: number) {
    this.#directoriesMax = directoriesMax;
    this.#zip = zip;
    this.#directory = directory;
    const byRatio = Math.max(limits.RATIO_FREE_BYTES, archiveBytes * limits.RATIO_MAX);
    this.#contentBytesMax = Math.min(limits.CONTENT_BYTES_MAX, byRatio);
  }

  result(): Unpacked {
    return { entries: this.#entries, bytes: this.#bytes };
  }

  async take(entry: Entry): Promise<void> {
    this.#entries++;
    const isDirectory = entry.fileName.endsWith('/');
    const name = isDirectory ? entry.fileName.slice(0, -1) : entry.fileName;
    checkName(name);
    const mode = modeOf(entry, isDirectory);
    if (this.#names.has(name)) throw new ArchiveRefused(`The archive has ${quoted(name)} twice.`);
    this.#names.add(name);
    if (isDirectory) return await this.#makeDirectory(name);
    await this.#makeDirectory(dirname(name));
    await this.#extract(entry, name, (mode & EXECUTABLE) === 0 ? 0o644 : 0o755);
  }

  async #makeDirectory(name: string): Promise<void> {
    if (name === '.' || this.#directories.has(name)) return;
    // Those on the way down are no entries, but each is as dear as one: a short name makes DEPTH_MAX of them.
    for (let above = name; above !== '.' && !this.#directories.has(above); above = dirname(above))
      this.#directories.add(above);
    if (this.#directories.size > this.#directoriesMax)
      throw new ArchiveRefused(`The archive has more than ${this.#directoriesMax} directories.`);
    await mkdir(join(this.#directory, name), { recursive: true, mode: 0o755 });
  }

  async #extract(entry: Entry, name: string, mode: number): Promise<void> {
    const content = (await this.#zip.openReadStreamPromise(entry)) as Readable;
    const measure = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        if (this.#bytes <= this.#contentBytesMax) done(null, chunk);
        else done(new ArchiveRefused(`The archive's content is larger than ${this.#contentBytesMax} bytes.`));
      },
    });
    // 'wx': nothing that is there is overwritten or followed.
    await pipeline(content, measure, createWriteStream(join(this.#directory, name), { flags: 'wx', mode }));
  }
}

function modeOf(entry: Entry, isDirectory: boolean): number {
  if ((entry.generalPurposeBitFlag & 1) !== 0) throw new ArchiveRefused(`${quoted(entry.fileName)} is encrypted.`);
  const mode = entry.versionMadeBy >>> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & TYPE_MASK;
  const expected = isDirectory ? DIRECTORY : REGULAR;
  if (type !== 0 && type !== expected)
    throw new ArchiveRefused(`${quoted(entry.fileName)} is a link, a device or the like.`);
  return mode;
}

function checkName(name: string): void {
  const segments = name.split('/');
  const bad =
    name.length === 0 ||
    /[\u0000-\u001f\u007f\\]/.test(name) ||
    /^[A-Za-z]:/.test(name) ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (bad) throw new ArchiveRefused(`${quoted(name)} is not an acceptable path.`);
  const long = segments.some((segment) => Buffer.byteLength(segment) > limits.NAME_BYTES_MAX);
  if (long || Buffer.byteLength(name) > limits.PATH_BYTES_MAX || segments.length > limits.DEPTH_MAX) {
    throw new ArchiveRefused(`${quoted(name)} is too long or too deep.`);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

async function openZip(archive: string): Promise<ZipFile> {
  try {
    return await yauzl.openPromise(archive, { strictFileNames: true, validateEntrySizes: true });
  } catch (error) {
    throw refusal(error);
  }
}

/** What yauzl and the file system find wrong with an archive is wrong with the archive; a full disk and the like are not. */
function refusal(error: unknown): Error {
  if (error instanceof ArchiveRefused) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (['ENOSPC', 'EDQUOT', 'EMFILE', 'EIO', 'EACCES', 'EROFS'].includes(code)) return error as Error;
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
    return new ArchiveRefused('One path of the archive is both a file and a directory.');
  return new ArchiveRefused(`The archive can't be read: ${Error.isError(error) ? error.message : String(error)}`);
}
