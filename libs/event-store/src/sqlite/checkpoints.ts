import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Checkpointer } from './checkpointer.js';
import { LOG_FILE } from './log-database.js';

/** Pages in the write-ahead log before it is moved into the main file: SQLite's own default. */
const PAGES_MAX = 4_000;
const PAGE_BYTES = 4_096;
/** What a commit touches beside the events' bytes: the last pages of the table and of the index. */
const PAGES_A_COMMIT = 3;

/**
 * Moves the write-ahead log into the main file, after answers were given, not within a commit: there a failed checkpoint would
 * be reported as a failed commit, although the commit is on the disk. A thread copies the bulk of it; what was written meanwhile is
 * then copied here, since SQLite begins the write-ahead log anew only when all of it has been.
 */
export class Checkpoints {
  private pages = 0;
  private readonly checkpoint: StatementSync;
  private readonly thread: Checkpointer;

  /** @param onFailure - whatever it is, the log itself is unharmed. */
  constructor(directory: string, database: DatabaseSync, onFailure: (error: unknown) => void) {
    this.checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.thread = new Checkpointer(join(directory, LOG_FILE), (failure) => {
      // Alone, this finds what the thread has met, and reports it.
      try {
        this.run();
      } catch (error) {
        onFailure(failure ?? error);
      }
    });
  }

  committed(bytes: number): void {
    this.pages += PAGES_A_COMMIT + Math.ceil(bytes / PAGE_BYTES);
    if (this.pages >= PAGES_MAX) this.thread.run();
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  /** @throws what SQLite throws; the log itself is unharmed, and a full disk is no more than that. */
  run(): void {
    const row = this.checkpoint.get() as { log: number; checkpointed: number } | undefined;
    // What a reader in another process still holds is moved next time.
    this.pages =
      row === undefined || row.checkpointed >= row.log ? 0 : Math.min(row.log - row.checkpointed, PAGES_MAX / 2);
  }
}
