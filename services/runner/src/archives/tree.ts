import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ArchiveRefused, DEPTH_MAX, ENTRIES_MAX } from './limits.js';

export interface TreeFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** The file that holds the content: no link. */
  readonly source: string;
  readonly executable: boolean;
  readonly bytes: number;
}

export interface Tree {
  /** Ordered by path, by code unit: the same everywhere. */
  readonly files: readonly TreeFile[];
  /** Paths that are neither files nor links to something inside the tree, with the reason. */
  readonly leftOut: readonly string[];
}

/**
 * The files below a directory, hidden ones included. A link counts as what it points to where that lies inside the tree: archives carry no
 * links, since the one who unpacks them must refuse those.
 *
 * @throws ArchiveRefused when there are more than {@link ENTRIES_MAX}.
 */
export async function listTree(root: string, signal: AbortSignal): Promise<Tree> {
  const walk = new Walk(await realpath(root), signal);
  await walk.directory('', []);
  walk.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return walk;
}

class Walk implements Tree {
  readonly files: TreeFile[] = [];
  readonly leftOut: string[] = [];
  readonly #root: string;
  readonly #signal: AbortSignal;

  constructor(root: string, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** @param above - real paths of the directories on the way down, to see a circle. */
  async directory(path: string, above: readonly string[]): Promise<void> {
    this.#signal.throwIfAborted();
    const real = await realpath(join(this.#root, path));
    if (above.includes(real)) return void this.leftOut.push(`${path}: a circle of links`);
    if (above.length > DEPTH_MAX)
      throw new ArchiveRefused(`${JSON.stringify(path)} is more than ${DEPTH_MAX} directories deep.`);
    for (const name of await readdir(real)) await this.#entry(path === '' ? name : `${path}/${name}`, [...above, real]);
  }

  async #entry(path: string, above: readonly string[]): Promise<void> {
    const found = await this.#resolve(path);
    if (typeof found === 'string') return void this.leftOut.push(`${path}: ${found}`);
    if (found.stats.isDirectory()) return await this.directory(path, above);
    if (!found.stats.isFile()) return void this.leftOut.push(`${path}: not a file`);
    if (this.files.length === ENTRIES_MAX) throw new ArchiveRefused(`There are more than ${ENTRIES_MAX} files.`);
    const { mode, size } = found.stats;
    this.files.push({ path, source: found.source, executable: (mode & 0o111) !== 0, bytes: size });
  }

  async #resolve(path: string): Promise<string | { source: string; stats: Stats }> {
    const source = join(this.#root, path);
    const stats = await lstat(source);
    if (!stats.isSymbolicLink()) return { source, stats };
    const target = await realpath(source).catch(() => undefined);
    if (target === undefined) return 'a link to nowhere';
    if (!target.startsWith(this.#root + sep)) return 'a link that leads out of the tree';
    return { source: target, stats: await stat(target) };
  }
}
