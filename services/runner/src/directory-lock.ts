import { DatabaseSync } from 'node:sqlite';

/**
 * A lock that the kernel takes back when its process ends, however that ends: SQLite's file lock, since Node has none of its own.
 * Nothing is stored in the file.
 */
export class DirectoryLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Undefined when another process, or another holder in this one, has it. */
  static tryAcquire(path: string): DirectoryLock | undefined {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
      return new DirectoryLock(database);
    } catch (error) {
      database.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  release(): void {
    this.#database.close();
  }
}

/** SQLITE_BUSY, with its extended codes. */
function isBusy(error: unknown): boolean {
  const code = (error as { readonly errcode?: number }).errcode;
  return code !== undefined && (code & 0xff) === 5;
}
