import type { Json } from '@millrace/contracts';
import type { Document, IndexDeclaration, IndexValue } from './read-models.js';

/**
 * One index entry as bytes that compare as the entry does: null before numbers before text, numbers by size, text by code
 * point, the document's id last. One column of such bytes makes a page one range of one SQLite index, whatever its fields and
 * whatever is null in them; row values (`(a, b) > (?, ?)`) would lose every null. The scheme is FoundationDB's tuple layer's.
 */
const NULL = Buffer.from([1]);
const NUMBER = 2;
const TEXT = Buffer.from([3]);
const END = Buffer.from([0]);
const ESCAPED_NUL = Buffer.from([0, 0xff]);

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = NUMBER;
  // Adding 0 turns -0 into 0, which it equals.
  bytes.writeDoubleBE(value + 0, 1);
  const negative = value < 0;
  for (let at = 1; at < 9; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (negative ? 0xff : at === 1 ? 0x80 : 0);
  return bytes;
}

function encodeText(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value, 'utf8');
  if (!bytes.includes(0)) return [TEXT, bytes, END];
  const parts: Buffer[] = [TEXT];
  let from = 0;
  for (let nul = bytes.indexOf(0); nul >= 0; nul = bytes.indexOf(0, from)) {
    parts.push(bytes.subarray(from, nul), ESCAPED_NUL);
    from = nul + 1;
  }
  parts.push(bytes.subarray(from), END);
  return parts;
}

function encodeValue(value: IndexValue): readonly Buffer[] {
  if (value === null) return [NULL];
  return typeof value === 'number' ? [encodeNumber(value)] : encodeText(value);
}

/** Every entry whose first values these are begins with these bytes, and no other does. */
export function encodePrefix(values: readonly IndexValue[]): Buffer {
  return Buffer.concat(values.flatMap(encodeValue));
}

/** Stands behind every entry that begins with the prefix: all tags are smaller. */
export function prefixEnd(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.from([0xff])]);
}

function member(document: Document, path: string): Json | undefined {
  let value: Json | undefined = document;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Document)[name];
  }
  return value;
}

function indexValue(value: Json | undefined): IndexValue {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return null;
}

/** The document's entry in the index; null when it is not in it. */
export function entryOf(index: IndexDeclaration, id: string, document: Document): Buffer | null {
  const members = index.fields.map((path) => member(document, path));
  if (index.sparse === true && members.includes(undefined)) return null;
  return encodePrefix([...members.map(indexValue), id]);
}
