import type { ByteRange } from './object-store.js';

const PROJECT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** @throws RangeError for a name that is none: it could lead elsewhere. */
export function checkProject(project: string): void {
  if (!PROJECT.test(project)) throw new RangeError(`"${project.slice(0, 200)}" is no name of a project.`);
}

export function isSha256(text: string): boolean {
  return SHA256.test(text);
}

/** @throws RangeError */
export function checkSha256(sha256: string): void {
  if (!isSha256(sha256)) throw new RangeError(`"${sha256.slice(0, 200)}" is no SHA-256.`);
}

/** @throws RangeError when the range begins beyond the end of an object of that size, or is none. */
export function checkRange(
  range: ByteRange | undefined,
  size: number,
): { readonly start: number; readonly end: number } {
  const { start, end = size } = range ?? { start: 0 };
  const ordered = 0 <= start && start <= Math.min(end, size);
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || !ordered)
    throw new RangeError(`There are no bytes ${start} to ${end} in an object of ${size}.`);
  return { start, end: Math.min(end, size) };
}
