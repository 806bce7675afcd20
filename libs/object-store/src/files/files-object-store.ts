import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, opendir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkRange, isSha256 } from '../names.js';
import type { ByteRange, ObjectStore, StoredObject } from '../object-store.js';
import { hasCode, ifThere, onDisk } from './failure.js';
import { objectPath, projectDirectory } from './object-path.js';
import { makeDirectory, publish, removeQuietly, syncDirectory, writeVerified } from './publish.js';

export interface FilesObjectStoreOptions {
  /** Holds `objects/` (`<project>/<aa>/<sha256>`) and, while something is put, `objects-incoming/`. One process at a time. */
  readonly directory: string;
  /** A named place where a test can end the process: the bytes are on disk, the object is not yet visible. */
  readonly fault?: (point: 'publish') => void;
}

const FOLDER = /^[0-9a-f]{2}$/;

/** Objects as files. An object's name is given to it by a rename, when all of it is on disk. */
export class FilesObjectStore implements ObjectStore {
  /** Folders that are there for good. Shared by those who put at the same time: none may rely on one that is not yet synced. */
  private readonly folders = new Map<string, Promise<void>>();

  private constructor(
    private readonly objects: string,
    private readonly incoming: string,
    private readonly fault: (point: 'publish') => void,
  ) {}

  /** Removes what a crash has left half-written. */
  static async open({ directory, fault }: FilesObjectStoreOptions): Promise<FilesObjectStore> {
    const [objects, incoming] = [join(directory, 'objects'), join(directory, 'objects-incoming')];
    await makeDirectory(objects);
    // Beside the objects and on their file system, so that a rename is one step.
    await rm(incoming, { recursive: true, force: true });
    await makeDirectory(incoming);
    return new FilesObjectStore(objects, incoming, fault ?? (() => undefined));
  }

  async put(project: string, content: Readable, expected: StoredObject): Promise<StoredObject> {
    // A content that fails while nobody reads it yet must not end the process.
    content.on('error', () => undefined);
    const incoming = join(this.incoming, randomUUID());
    try {
      const { folder, file } = objectPath(this.objects, project, expected.sha256);
      await writeVerified(incoming, content, expected);
      await onDisk(this.folder(folder));
      this.fault('publish');
      // Should this fail, the object may be there all the same, and whole.
      await onDisk(publish(incoming, file), { mayHaveHappened: true });
      return { size: expected.size, sha256: expected.sha256 };
    } catch (error) {
      content.destroy();
      // Somebody may have removed a folder that we believed in; the next put makes it again.
      this.folders.clear();
      await removeQuietly(incoming);
      throw error;
    }
  }

  async stat(project: string, sha256: string): Promise<StoredObject | undefined> {
    const { file } = objectPath(this.objects, project, sha256);
    const found = await ifThere(stat(file));
    return found === undefined ? undefined : { size: found.size, sha256 };
  }

  async read(project: string, sha256: string, range?: ByteRange): Promise<Readable> {
    const { file } = objectPath(this.objects, project, sha256);
    const handle = await ifThere(open(file, 'r'));
    if (handle === undefined) throw new RangeError(`There is no object ${sha256}.`);
    try {
      const { size } = await onDisk(handle.stat());
      const { start, end } = checkRange(range, size);
      // An empty part: createReadStream knows inclusive ends only.
      const bytes = start === end ? { start: size } : { start, end: end - 1 };
      return createReadStream(file, { fd: handle, ...bytes });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async remove(project: string, sha256: string): Promise<void> {
    const { folder, file } = objectPath(this.objects, project, sha256);
    await ifThere(rm(file).then(() => syncDirectory(folder)));
  }

  async *list(project: string): AsyncIterable<StoredObject> {
    const directory = projectDirectory(this.objects, project);
    for (const folder of (await ifThere(readdir(directory))) ?? []) {
      if (!FOLDER.test(folder)) continue;
      for await (const { name } of await onDisk(opendir(join(directory, folder)))) {
        // What is no object of ours is not listed, and found by nobody.
        const object = isSha256(name) && name.startsWith(folder) ? await this.stat(project, name) : undefined;
        if (object !== undefined) yield object;
      }
    }
  }

  async verify(project: string, sha256: string): Promise<boolean> {
    if ((await this.stat(project, sha256)) === undefined) return false;
    const hash = createHash('sha256');
    try {
      for await (const chunk of await this.read(project, sha256)) hash.update(chunk as Buffer);
    } catch (error) {
      // Removed since, or a sector that can't be read any more: either way it is not whole.
      if (hasCode(error, 'EIO') || (Error.isError(error) && error.name === 'RangeError')) return false;
      throw error;
    }
    return hash.digest('hex') === sha256;
  }

  private folder(folder: string): Promise<void> {
    let made = this.folders.get(folder);
    if (made === undefined) {
      made = makeDirectory(folder);
      this.folders.set(folder, made);
      made.catch(() => this.folders.delete(folder));
    }
    return made;
  }
}
