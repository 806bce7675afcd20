import type { Readable } from 'node:stream';

/** An object that is wholly there. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, lower-case hex. */
  readonly sha256: string;
}

/** Part of an object, in bytes; `end` may lie beyond the last one. */
export interface ByteRange {
  /** Inclusive, from 0. */
  readonly start: number;
  /** Exclusive; default: to the end. */
  readonly end?: number;
}

/**
 * Bytes by their content, a namespace a project. A half-written object is never visible; the same content put twice is one object.
 * A project is named by `[A-Za-z0-9][A-Za-z0-9._-]*`, 128 characters at most, an object by 64 lower-case hexadecimal digits; every method
 * refuses others with a RangeError.
 */
export interface ObjectStore {
  /**
   * Streams the content to disk, verifies it, then publishes it at once and for good (fsync of file and directory).
   *
   * @param content - read to its end; destroyed when the put fails.
   * @param expected - what the sender says of the content; not a byte more than its size is stored.
   * @throws RangeError when size or digest differ from what was expected; nothing is visible.
   * @throws what `content` fails with; nothing is visible.
   * @throws OperationalError when the store is away or full (`STORE_FULL`); nothing is visible.
   */
  put(project: string, content: Readable, expected: StoredObject): Promise<StoredObject>;

  /** Undefined when there is none. */
  stat(project: string, sha256: string): Promise<StoredObject | undefined>;

  /**
   * The content, or a part of it. Whoever takes the stream reads it to its end or destroys it.
   *
   * @throws RangeError when there is no such object, or the range begins beyond its end or is none.
   */
  read(project: string, sha256: string, range?: ByteRange): Promise<Readable>;

  /** Removing what is not there is no error. */
  remove(project: string, sha256: string): Promise<void>;

  /** Every object of the project, in no order, for verification and retention; those put or removed meanwhile may be there or not. */
  list(project: string): AsyncIterable<StoredObject>;

  /** Reads the whole object and compares its digest. False: damaged or absent. */
  verify(project: string, sha256: string): Promise<boolean>;
}
