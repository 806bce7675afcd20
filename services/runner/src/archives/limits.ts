/** Entries of one archive, packed or unpacked. */
export const ENTRIES_MAX = 100_000;
/** Bytes of one archive's content, measured while unpacking: what the archive says of itself is not believed. */
export const CONTENT_BYTES_MAX = 10 * 1_073_741_824;
/** Content over archive, measured, once there is more content than {@link RATIO_FREE_BYTES}. */
export const RATIO_MAX = 200;
export const RATIO_FREE_BYTES = 64 * 1_048_576;
export const PATH_BYTES_MAX = 1_024;
export const NAME_BYTES_MAX = 255;
export const DEPTH_MAX = 64;

/** An archive, or a tree to be packed, that is not accepted. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
}
