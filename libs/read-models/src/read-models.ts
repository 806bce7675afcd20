import type { Position } from '@millrace/event-store';
import type { JsonObject } from '@millrace/contracts';

/** Plain JSON, 8 MB at most. */
export type Document = JsonObject;

export type IndexValue = string | number | null;

export interface IndexDeclaration {
  /** Unique in its collection, `[a-z][a-zA-Z0-9]*`. */
  readonly name: string;
  /**
   * Top-level or dotted members of the document, e.g. `['project', 'status', 'startedAt']`; each part of a name is `[A-Za-z_][A-Za-z0-9_]*`.
   * The document's id is appended as the last part, so that an order is total. Null comes before numbers, numbers before text (by code point);
   * true and false count as 1 and 0, arrays and objects as null.
   */
  readonly fields: readonly string[];
  /** Only documents in which every field is present (not undefined) are in it. Default false: a missing field is null. */
  readonly sparse?: boolean;
}

/** Queries use declared indexes, nothing else (docs/decisions/0012). */
export interface CollectionDeclaration {
  /** `[a-z][a-z-]*`. */
  readonly name: string;
  readonly indexes: readonly IndexDeclaration[];
}

export interface DocumentWrite {
  readonly collection: string;
  readonly id: string;
  /** Of the last event folded into it; guards the write: a document that is at or beyond this position is left alone. */
  readonly position: Position;
  /** Absent: the document is removed. */
  readonly document?: Document;
}

export interface StoredDocument<D extends Document = Document> {
  readonly id: string;
  readonly position: Position;
  readonly document: D;
}

export interface ProjectionBatch {
  /** Everything up to here is in the writes (or touched nothing). */
  readonly checkpoint: Position;
  readonly writes: readonly DocumentWrite[];
}

export interface PageRequest {
  readonly index: string;
  /** Values of the index's first fields, fewer than all are allowed: the rest gives the order. */
  readonly equals: readonly IndexValue[];
  /** Documents at most, 1 to 500. */
  readonly limit: number;
  readonly direction?: 'ascending' | 'descending';
  /** Opaque, of an earlier page of the same index. */
  readonly after?: string;
}

export interface Page<D extends Document = Document> {
  /** Each with the cursor that stands behind it. */
  readonly items: readonly (StoredDocument<D> & { readonly cursor: string })[];
  readonly hasMore: boolean;
}

/** What is read of the documents, wherever they are folded. No document is behind its projection's checkpoint; one may be ahead. */
export interface Views {
  /** 0 for a projection that has seen nothing. */
  checkpoint(projection: string): Promise<Position>;

  get<D extends Document = Document>(collection: string, id: string): Promise<StoredDocument<D> | undefined>;

  /** In the order of the ids; undefined for those that are not there. */
  getMany<D extends Document = Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<readonly (StoredDocument<D> | undefined)[]>;

  /**
   * One keyset page: any page of any length of history costs the same.
   *
   * @throws RangeError when the collection or the index is not declared, the limit is out of range, or the cursor is not one of this index
   * and these `equals`.
   */
  page<D extends Document = Document>(collection: string, request: PageRequest): Promise<Page<D>>;

  count(collection: string): Promise<number>;
}

/** Holds nothing that a replay could not rebuild. */
export interface ReadModels extends Views {
  /**
   * Creates what is missing and drops indexes that are no longer declared. Safe to repeat. A collection belongs to one projection: declared
   * by another (its next version), it is that one's, and empty.
   *
   * @throws RangeError for a name that the port does not allow.
   */
  declare(projection: string, collections: readonly CollectionDeclaration[]): Promise<void>;

  /**
   * No document is ever behind the checkpoint. A batch applied again changes nothing: one that does not move the checkpoint is left alone whole.
   *
   * @throws RangeError for an id that is empty, has NUL or over 512 characters, and for a document over 8 MB; nothing was applied.
   * @throws OperationalError when the store is away or full (`STORE_FULL`, retryable), or damaged (`READ_MODELS_DAMAGED`).
   */
  apply(projection: string, batch: ProjectionBatch): Promise<void>;

  /**
   * A second, empty generation of a projection's collections with a checkpoint of its own, filled by `apply` on the returned store,
   * then made the current one by `swap`, while the old one goes on serving. `discard` drops it; so does the next shadow, and a restart.
   */
  shadow(
    projection: string,
    collections: readonly CollectionDeclaration[],
  ): Promise<{
    readonly store: Views & Pick<ReadModels, 'apply'>;
    swap(): Promise<void>;
    discard(): Promise<void>;
  }>;

  close(): Promise<void>;
}
