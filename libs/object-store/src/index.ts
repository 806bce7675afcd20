import type { Readable } from 'node:stream';

/** An object that is wholly there. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, lower-case hex. */
  readonly sha256: string;
}

/**
 * Bytes by their content, a namespace a project. A half-written object is never visible; the same content put twice is one object.
 */
export interface ObjectStore {
  /**
   * Streams the content to disk, verifies it, then publishes it at once and for good (fsync of file and directory).
   *
   * @param expected - what the sender says of the content.
   * @throws RangeError when size or digest differ from what was expected; nothing is visible.
   * @throws OperationalError when the store is away or full (`STORE_FULL`); nothing is visible.
   */
  put(project: string, content: Readable, expected: StoredObject): Promise<StoredObject>;

  /** Undefined when there is none. */
  stat(project: string, sha256: string): Promise<StoredObject | undefined>;

  /**
   * The content, or a part of it (`start` inclusive, `end` exclusive, bytes).
   *
   * @throws RangeError when there is no such object.
   */
  read(project: string, sha256: string, range?: { readonly start: number; readonly end?: number }): Promise<Readable>;

  /** Removing what is not there is no error. */
  remove(project: string, sha256: string): Promise<void>;

  /** Every object of the project, in no order, for verification and retention. */
  list(project: string): AsyncIterable<StoredObject>;

  /** Reads the whole object and compares its digest. False: damaged or absent. */
  verify(project: string, sha256: string): Promise<boolean>;
}
