import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Free bytes beyond the ballast itself before it is put back. */
const MARGIN_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/**
 * A file that holds room for the day the disk is full: even moving the write-ahead log into the main file needs some (pitfalls, Durability).
 * Given up then, put back when there is room again.
 */
export class Ballast {
  private readonly path: string;
  private held = false;

  constructor(
    private readonly directory: string,
    private readonly bytes: number,
  ) {
    this.path = join(directory, 'ballast');
  }

  /** Best effort: a disk too full for ballast is still good for reading. */
  restore(): void {
    if (this.bytes === 0 || this.held || this.isThere()) return;
    try {
      this.write();
      this.held = true;
    } catch {
      rmSync(this.path, { force: true });
    }
  }

  giveUp(): void {
    this.held = false;
    rmSync(this.path, { force: true });
  }

  /** Whether the disk has room for the ballast and for work. */
  hasRoom(): boolean {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize > this.bytes + MARGIN_BYTES || (this.held && bavail * bsize > MARGIN_BYTES);
  }

  private isThere(): boolean {
    this.held = statSync(this.path, { throwIfNoEntry: false })?.size === this.bytes;
    return this.held;
  }

  private write(): void {
    const file = openSync(this.path, 'w', 0o600);
    try {
      // Not zeros: a file system that compresses would keep no room for them.
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.bytes), 'ballast ');
      for (let written = 0; written < this.bytes;)
        written += writeSync(file, chunk, 0, Math.min(chunk.length, this.bytes - written));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
