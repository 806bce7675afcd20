import { createHash } from 'node:crypto';
import type { IndexDeclaration } from './read-models.js';

const MARK_BYTES = 8;
const CURSOR_CHARACTERS_MAX = 64 * 1024;

/** Tells the cursors of one index from those of any other; the same in every generation of its collection. */
export function cursorMark(collection: string, index: IndexDeclaration): Buffer {
  const identity = JSON.stringify([collection, index.name, index.fields, index.sparse === true]);
  return createHash('sha256').update(identity).digest().subarray(0, MARK_BYTES);
}

export function encodeCursor(mark: Buffer, entry: Uint8Array): string {
  return Buffer.concat([mark, entry]).toString('base64url');
}

/**
 * @param prefix - the entry must lie under it: a cursor of another project's page is not ours to follow.
 * @throws RangeError when it is not a cursor of this index.
 */
export function decodeCursor(mark: Buffer, prefix: Buffer, cursor: string): Buffer {
  const bytes = cursor.length > CURSOR_CHARACTERS_MAX ? Buffer.alloc(0) : Buffer.from(cursor, 'base64url');
  const entry = bytes.subarray(MARK_BYTES);
  const own = bytes.length > MARK_BYTES && bytes.subarray(0, MARK_BYTES).equals(mark);
  if (!own || !entry.subarray(0, prefix.length).equals(prefix))
    throw new RangeError('The cursor belongs to another query: begin again without it.');
  return entry;
}
