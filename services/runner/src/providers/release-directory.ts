import { readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '@millrace/runtime';
import { DirectoryLock } from '../directory-lock.js';
import { removeTree } from '../jobs/remove-tree.js';
import { sleep } from '../waiting.js';

const LOCK_PAUSE_MS = 100;
const CURRENT = 'current';
const RELEASES = 'releases';
/** Our own notes, beside the releases and not in them. */
const NOTES = '.millrace';
const TEMPORARY = 'unpacking-';
/** As the provider names releases. What is called otherwise was put there by somebody else. */
const RELEASE_ID = /^[0-9a-f]{8}-[0-9a-f]{12}$/;

/** What is known of a release that was unpacked completely. */
export interface ReleaseNote {
  readonly releaseId: string;
  readonly sha256: string;
  readonly executionId: string;
  /** Path of its hooks, inside it. */
  readonly appSpec: string;
  /** ISO 8601; orders the releases. */
  readonly unpackedAt: string;
}

export interface Current {
  /** The link's text. */
  readonly link: string;
  /** Absent when the link, made by somebody else, leads to no release of ours. */
  readonly releaseId?: string;
}

/**
 * A directory that is deployed to: `releases/<id>` are the releases, `current` is a link to the one that counts. The link changes in one
 * step, so that a reader sees the old release or the new one and nothing else.
 */
export class ReleaseDirectory {
  /** What is made in it beside the link. */
  static readonly own: readonly string[] = [RELEASES, NOTES];
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Excludes every other deployment to this directory, of other runners on this machine too. Waits for its turn. */
  async locked<T>(work: () => Promise<T>, signal: AbortSignal, onWait: () => Promise<void>): Promise<T> {
    await makeDirectory(join(this.path, RELEASES));
    await makeDirectory(join(this.path, NOTES));
    let lock = this.#tryLock();
    if (lock === undefined) await onWait();
    while (lock === undefined) {
      await sleep(LOCK_PAUSE_MS, signal);
      signal.throwIfAborted();
      lock = this.#tryLock();
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }

  releasePath(releaseId: string): string {
    return join(this.path, RELEASES, releaseId);
  }

  /** Where a release is unpacked before it gets its name. */
  async freshTemporary(releaseId: string): Promise<string> {
    await this.removeTemporaries();
    return join(this.path, NOTES, `${TEMPORARY}${releaseId}`);
  }

  /** Also what a killed deployment left: the lock is ours. */
  async removeTemporaries(): Promise<void> {
    const names = await readdir(join(this.path, NOTES));
    for (const name of names) if (name.startsWith(TEMPORARY)) await removeTree(join(this.path, NOTES, name));
  }

  /** Undefined when there is no such release or its unpacking was cut off. */
  async note(releaseId: string): Promise<ReleaseNote | undefined> {
    const text = await readFile(this.#notePath(releaseId), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as ReleaseNote);
  }

  /** Gives an unpacked directory its place and notes it; what lay there without a note is removed. */
  async publish(temporary: string, note: ReleaseNote): Promise<void> {
    await removeTree(this.releasePath(note.releaseId));
    await rename(temporary, this.releasePath(note.releaseId));
    const next = `${this.#notePath(note.releaseId)}.new`;
    await rm(next, { force: true });
    await writeFile(next, JSON.stringify(note), { flag: 'wx' });
    await rename(next, this.#notePath(note.releaseId));
  }

  /** Where `current` points. */
  async current(): Promise<Current | undefined> {
    const link = await readlink(join(this.path, CURRENT)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (link === undefined) return undefined;
    const [directory, releaseId, ...rest] = link.split('/');
    const isOurs = directory === RELEASES && releaseId !== undefined && RELEASE_ID.test(releaseId) && rest.length === 0;
    return isOurs ? { link, releaseId } : { link };
  }

  /** Makes a release the one that counts. */
  async switchTo(releaseId: string): Promise<void> {
    await this.#point(join(RELEASES, releaseId));
  }

  /** Makes that count again what did, or nothing. */
  async restore(before: Current | undefined): Promise<void> {
    if (before === undefined) await rm(join(this.path, CURRENT), { force: true });
    else await this.#point(before.link);
  }

  /** In one step: a link that is made beside takes the old one's place. */
  async #point(link: string): Promise<void> {
    const next = join(this.path, NOTES, 'next');
    await rm(next, { force: true });
    await symlink(link, next);
    await rename(next, join(this.path, CURRENT));
  }

  async remove(releaseId: string): Promise<void> {
    await rm(this.#notePath(releaseId), { force: true });
    await removeTree(this.releasePath(releaseId));
  }

  /** Removes all but the newest `keep` releases of ours and those named. @returns the ids removed */
  async prune(keep: number, spared: readonly (string | undefined)[]): Promise<string[]> {
    const names = (await readdir(join(this.path, RELEASES))).filter((name) => RELEASE_ID.test(name));
    const notes = await Promise.all(
      names.map(async (name) => ({ name, unpackedAt: (await this.note(name))?.unpackedAt ?? '' })),
    );
    const newestFirst = notes.sort((a, b) => (a.unpackedAt < b.unpackedAt ? 1 : -1)).map(({ name }) => name);
    const old = newestFirst.slice(keep).filter((name) => !spared.includes(name));
    for (const name of old) await this.remove(name);
    return old;
  }

  #notePath(releaseId: string): string {
    return join(this.path, NOTES, `${releaseId}.json`);
  }

  #tryLock(): DirectoryLock | undefined {
    return DirectoryLock.tryAcquire(join(this.path, NOTES, 'lock.sqlite'));
  }
}
