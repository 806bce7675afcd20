export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
}

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
/** More names than anybody reads. */
const ENTRIES_MAX = 10_000;

/**
 * The names and sizes of a ZIP's entries, from its own directory; nothing is unpacked.
 *
 * @throws Error when it is no ZIP.
 */
export function zipEntries(file: ArrayBuffer): readonly ZipEntry[] {
  const view = new DataView(file);
  const end = endOf(view);
  const decoder = new TextDecoder();
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  while (entries.length < ENTRIES_MAX && at + ENTRY_BYTES <= end && view.getUint32(at, true) === ENTRY_SIGNATURE) {
    const nameLength = view.getUint16(at + 28, true);
    const name = decoder.decode(new Uint8Array(file, at + ENTRY_BYTES, Math.min(nameLength, end - at - ENTRY_BYTES)));
    entries.push({ name, bytes: view.getUint32(at + 24, true) });
    at += ENTRY_BYTES + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries.filter(({ name }) => !name.endsWith('/'));
}

/** The record at the end, before a comment of any length. */
function endOf(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= 0 && at >= view.byteLength - END_BYTES - COMMENT_BYTES_MAX; at -= 1)
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  throw new Error('It is no ZIP that can be read here.');
}
