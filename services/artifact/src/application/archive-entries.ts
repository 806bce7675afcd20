import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '@millrace/object-store';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

/** One entry of an archive, as its central directory declares it. Nothing is unpacked, and nothing declared is believed. */
export interface ArchiveEntry {
  /** Relative, `/` between the parts. What could steer a terminal is replaced by U+FFFD. */
  readonly path: string;
  /** `other`: a link, a device, whatever a runner refuses to unpack. */
  readonly kind: 'file' | 'directory' | 'other';
  /** Declared, unpacked. */
  readonly bytes: number;
  /** Declared, in the archive. */
  readonly packedBytes: number;
}

export interface ArchiveListing {
  /** In the archive's order. */
  readonly entries: readonly ArchiveEntry[];
  /** There are more entries than were asked for. */
  readonly truncated: boolean;
}

const ENTRIES_MAX = 10_000;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const UNIX = 3;

/**
 * Lists what is in a stored artifact, reading its central directory alone.
 *
 * @param entriesMax - 1 to 10,000, which is the default.
 * @throws RangeError when there is no such object, or it is no archive that a runner would unpack (absolute paths, `..`, damage).
 */
export async function listEntries(
  objects: Pick<ObjectStore, 'stat' | 'read'>,
  project: string,
  sha256: string,
  entriesMax: number = ENTRIES_MAX,
): Promise<ArchiveListing> {
  const object = await objects.stat(project, sha256);
  if (object === undefined) throw new RangeError(`There is no object ${sha256}.`);
  const reader = new ObjectReader((range) => objects.read(project, sha256, range));
  const zip = await open(reader, object.size);
  const entries: ArchiveEntry[] = [];
  const limit = Math.min(entriesMax, ENTRIES_MAX);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.length === limit) return { entries, truncated: true };
      entries.push(toEntry(entry));
    }
    return { entries, truncated: false };
  } catch (error) {
    throw notAnArchive(error);
  } finally {
    zip.close();
  }
}

class ObjectReader extends yauzl.RandomAccessReader {
  readonly #read: (range: { readonly start: number; readonly end: number }) => Promise<Readable>;

  constructor(read: (range: { readonly start: number; readonly end: number }) => Promise<Readable>) {
    super();
    this.#read = read;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const through = new PassThrough();
    this.#read({ start, end })
      .then((content) => pipeline(content, through))
      .catch((error: unknown) => through.destroy(Error.isError(error) ? error : new Error(String(error))));
    return through;
  }
}

async function open(reader: ObjectReader, size: number): Promise<ZipFile> {
  try {
    return await yauzl.fromRandomAccessReaderPromise(reader, size, { autoClose: false, strictFileNames: true });
  } catch (error) {
    throw notAnArchive(error);
  }
}

function toEntry(entry: Entry): ArchiveEntry {
  return {
    path: entry.fileName.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd'),
    kind: kindOf(entry),
    bytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
  };
}

function kindOf({ fileName, versionMadeBy, externalFileAttributes }: Entry): ArchiveEntry['kind'] {
  const type = versionMadeBy >>> 8 === UNIX ? (externalFileAttributes >>> 16) & TYPE_MASK : 0;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) return 'other';
  return fileName.endsWith('/') || type === DIRECTORY ? 'directory' : 'file';
}

/** What the world did (the store is away) stays what it is. */
function notAnArchive(error: unknown): unknown {
  if (!Error.isError(error) || error.name === 'OperationalError') return error;
  return new RangeError(`This is not an archive that can be listed: ${error.message}`, { cause: error });
}
