import { chmod, open } from 'node:fs/promises';
import { DatabaseSync, backup } from 'node:sqlite';

/** More than any file has: all of it in one step, so that a writer who goes on does not make it begin again. */
const ALL_PAGES = 2_147_483_647;

/**
 * A copy as of one instant, by SQLite's online backup, while another process writes: in WAL mode neither waits for the other. It runs on
 * a thread of the pool. The copy is one file, without a write-ahead log, for its owner only, and on the disk when this resolves.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    await backup(source, to, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  try {
    // The copy says "WAL" as its source does; then even a look at it would need a directory that can be written.
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
  await chmod(to, 0o600);
  await syncFile(to);
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What SQLite itself finds wrong with a file's structure, at most so many sentences. */
export function integrityFaults(path: string, faultsMax: number): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare(`PRAGMA integrity_check(${faultsMax})`).all();
    return rows.map((row) => String(row['integrity_check'])).filter((fault) => fault !== 'ok');
  } catch (error) {
    return [Error.isError(error) ? error.message : String(error)];
  } finally {
    database.close();
  }
}

/** SQLite's result codes (sqlite.org/rescode.html) for a file that can't be read as what it should be. */
const UNREADABLE: ReadonlySet<number> = new Set([10, 11, 26]);

/** True of what SQLite throws about a damaged file, whichever it is. */
export function isUnreadableFile(error: unknown): error is Error {
  if (!Error.isError(error)) return false;
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' && UNREADABLE.has(errcode & 0xff);
}
