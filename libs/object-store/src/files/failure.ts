import { OperationalError } from '@millrace/runtime';

/** Codes of the operating system that say the disk has no room for us. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

export function hasCode(error: unknown, code: string): boolean {
  return Error.isError(error) && 'code' in error && error.code === code;
}

/** What the port promises, of what the file system throws. Anything else is returned as it is. */
function asOperational(error: unknown, mayHaveHappened: boolean): unknown {
  if (!Error.isError(error) || !('code' in error) || !('syscall' in error)) return error;
  const full = FULL.has(String(error.code));
  return new OperationalError(full ? 'The disk of the object store is full.' : 'The object store is not available.', {
    retryable: true,
    mayHaveHappened,
    cause: error,
    ...(full && { code: 'STORE_FULL' }),
  });
}

/** Awaits work of the file system, and of nothing else: a content from a socket has system errors of its own. */
export async function onDisk<T>(work: Promise<T>, options: { readonly mayHaveHappened?: boolean } = {}): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asOperational(error, options.mayHaveHappened ?? false);
  }
}

/** As {@link onDisk}; undefined for what is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  return onDisk(
    work.catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }),
  );
}
