import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseSync } from 'node:sqlite';
import { LOG_FILE } from './log-database.js';

const datasync = promisify(fdatasync);

/**
 * The sync that makes a commit durable, beside the event loop instead of within `COMMIT`. SQLite writes the write-ahead log, this
 * syncs it, and only then is the next transaction written and the commit spoken of: the same promise as `synchronous=FULL`, kept here
 * (docs/decisions/0045). Checkpoints sync by themselves.
 */
export class LogSync {
  private file: number | undefined;

  constructor(
    private readonly directory: string,
    database: DatabaseSync,
  ) {
    database.exec('PRAGMA synchronous = NORMAL');
  }

  /**
   * @param options - `here`: while the event loop waits.
   * @throws what the sync failed with: nobody knows then what is on the disk.
   */
  async run({ here }: { readonly here: boolean }): Promise<void> {
    const file = this.opened();
    if (here) fdatasyncSync(file);
    else await datasync(file);
  }

  /** When nothing is under way. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private opened(): number {
    // A commit has created it, and SQLite keeps it, the very file, until the last connection closes.
    this.file ??= openSync(join(this.directory, `${LOG_FILE}-wal`), 'r+');
    return this.file;
  }
}
