import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '@millrace/runtime';

/** The disk may be full: the platform starts, refuses what it can't store, and goes on when there is room (docs/operations.md). */
const NO_ROOM = ['ENOSPC', 'EDQUOT'];

/**
 * Makes it where it is not there, for its owner alone, and tries to write to it: SQLite would only say that it can't open its file.
 *
 * @throws Error of the system where it can't be made, for `startFailure`; one with a sentence where it can't be written.
 */
export async function prepareDataDirectory(directory: string): Promise<void> {
  await makeDirectory(directory, 0o700);
  const probe = join(directory, `.writable-${process.pid}`);
  try {
    await writeFile(probe, '', { mode: 0o600 });
    await rm(probe, { force: true });
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (NO_ROOM.includes(code)) return;
    throw new Error(
      `${directory} can't be written by this user (${code}): set MILLRACE_DATA to a directory that this user may write.`,
      { cause },
    );
  }
}
