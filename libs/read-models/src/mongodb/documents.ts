import { createHash } from 'node:crypto';
import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import { cursorMark, decodeCursor, encodeCursor } from '../cursor.js';
import { canonical, encodeDocument, indexOfPage } from '../declaration.js';
import { encodePrefix, entryOf, prefixEnd } from '../index-key.js';
import type { Document, DocumentWrite, IndexDeclaration, Page, PageRequest, StoredDocument } from '../read-models.js';
import type { MongoConnection } from './connection.js';
import { duplicatesOf } from './failures.js';
import { collectionName } from './layout.js';
import type { CollectionLayout, Generation } from './layout.js';

/**
 * A document in the server. Its content is text: BSON keeps neither `__proto__` nor the difference between an absent and an undefined
 * member, and servers differ in what they allow in a name. Of one that was removed its position stays for a day (`removedAt`), so that
 * a writer that comes late can't bring it back.
 */
export interface StoredRow {
  readonly _id: string;
  readonly position: bigint;
  readonly document?: string;
  /** Which indexes its entries are for. */
  readonly indexed?: string;
  /** By the index's key; absent in a sparse index that it is not in. */
  readonly entries?: Readonly<Record<string, string>>;
  readonly removedAt?: Date;
}

const IDS_AT_ONCE = 200;
const WRITES_AT_ONCE = 250;
const BYTES_AT_ONCE = 4_000_000;
const REFILLED_AT_ONCE = 50;

/**
 * Bytes as text whose order is theirs for every server: the characters up to U+00FF are in the same order as UTF-8, UTF-16 and code points.
 * (BSON compares binaries by length first, and servers compare text beyond the BMP in two ways.)
 */
function entryText(entry: Uint8Array): string {
  return Buffer.from(entry).toString('latin1');
}

/** Another declaration is another key, so that entries for both can stand beside each other. */
export function indexKey(index: IndexDeclaration): string {
  const hash = createHash('sha256').update(JSON.stringify(canonical(index)));
  return `${index.name}_${hash.digest('hex').slice(0, 12)}`;
}

/** What writers make entries for. */
export function indexesOf({ indexes, coming = [] }: CollectionLayout): ReadonlyMap<string, IndexDeclaration> {
  return new Map([...indexes, ...coming].map((index) => [indexKey(index), index]));
}

function markOf({ indexes, coming }: CollectionLayout): string {
  return (coming ?? indexes).map(indexKey).join(' ');
}

/** The documents of one collection in one generation. */
export class Documents {
  constructor(
    private readonly connection: MongoConnection,
    private readonly generation: Generation,
    private readonly layout: CollectionLayout,
  ) {}

  get collection(): Collection<StoredRow> {
    return this.connection.database.collection<StoredRow>(collectionName(this.layout.name, this.generation));
  }

  async get<D extends Document>(id: string): Promise<StoredDocument<D> | undefined> {
    const row = await this.connection.read(() =>
      this.collection.findOne({ _id: id }, { projection: { entries: 0, indexed: 0 } }),
    );
    return row === null ? undefined : stored<D>(row);
  }

  async getMany<D extends Document>(ids: readonly string[]): Promise<readonly (StoredDocument<D> | undefined)[]> {
    const found = new Map<string, StoredDocument<D> | undefined>();
    const wanted = [...new Set(ids)];
    for (let at = 0; at < wanted.length; at += IDS_AT_ONCE) {
      const some = wanted.slice(at, at + IDS_AT_ONCE);
      const rows = await this.connection.read(() =>
        this.collection.find({ _id: { $in: some } }, { projection: { entries: 0, indexed: 0 } }).toArray(),
      );
      for (const row of rows) found.set(row._id, stored<D>(row));
    }
    return ids.map((id) => found.get(id));
  }

  /** All but those that were removed; both counts need no more than an index. */
  async count(): Promise<number> {
    const [all, removed] = await Promise.all([
      this.connection.read(() => this.collection.countDocuments({}, { hint: '_id_' })),
      this.connection.read(() => this.collection.countDocuments({ removedAt: { $gt: new Date(0) } })),
    ]);
    return all - removed;
  }

  /** One range of one index. */
  async page<D extends Document>(request: PageRequest): Promise<Page<D>> {
    const index = indexOfPage(this.layout, request);
    const mark = cursorMark(this.layout.name, index);
    const prefix = encodePrefix(request.equals);
    const after = request.after === undefined ? undefined : decodeCursor(mark, prefix, request.after);
    const isAscending = request.direction !== 'descending';
    const [above, below] = isAscending ? [after ?? prefix, prefixEnd(prefix)] : [prefix, after ?? prefixEnd(prefix)];
    const key = indexKey(index);
    const path = `entries.${key}`;
    const rows = await this.connection.read(() =>
      this.collection
        .find({ [path]: { $gt: entryText(above), $lt: entryText(below) } } as Filter<StoredRow>)
        .sort({ [path]: isAscending ? 1 : -1 })
        .limit(request.limit + 1)
        .toArray(),
    );
    const items = rows.slice(0, request.limit).flatMap((row) => {
      const document = stored<D>(row);
      const entry = Buffer.from(row.entries?.[key] ?? '', 'latin1');
      return document === undefined ? [] : [{ ...document, cursor: encodeCursor(mark, entry) }];
    });
    return { items, hasMore: rows.length > request.limit };
  }

  /** @throws RangeError for what the port does not allow. */
  encode(write: DocumentWrite): StoredRow {
    const { id, position, document } = write;
    const json = encodeDocument(write);
    if (document === undefined || json === undefined) return { _id: id, position, removedAt: new Date() };
    const entries = this.entries(id, document);
    return { _id: id, position, document: json, indexed: markOf(this.layout), entries };
  }

  /** Each on its own, guarded by its position: those that are there already change nothing. On a majority when it resolves. */
  async write(rows: readonly StoredRow[]): Promise<void> {
    for (const chunk of chunks(rows)) {
      const refused = await this.bulk(chunk.map(replacement(true)));
      // There is one of that name by now: at this position or beyond, or put there a moment ago by another writer.
      const again = refused.flatMap((at) => chunk[at] ?? []);
      if (again.length > 0) await this.bulk(again.map(replacement(false)));
    }
  }

  /** Gives every document its entries for the coming indexes. Safe to repeat, and beside writers. */
  async refill(): Promise<void> {
    const mark = markOf(this.layout);
    for (let last = ''; ;) {
      const rows = await this.connection.read(() =>
        this.collection
          .find({ _id: { $gt: last } })
          .sort({ _id: 1 })
          .limit(REFILLED_AT_ONCE)
          .toArray(),
      );
      const missing = rows.filter((row) => row.document !== undefined && row.indexed !== mark);
      await this.bulk(missing.map((row) => this.refilled(row, mark)));
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end._id;
    }
  }

  private refilled({ _id, position, document = '' }: StoredRow, mark: string): AnyBulkWriteOperation<StoredRow> {
    const entries = this.entries(_id, JSON.parse(document) as Document);
    return {
      updateOne: { filter: { _id, position, indexed: { $ne: mark } }, update: { $set: { entries, indexed: mark } } },
    };
  }

  /** @returns which were refused because there is one of that name. */
  private async bulk(operations: readonly AnyBulkWriteOperation<StoredRow>[]): Promise<readonly number[]> {
    if (operations.length === 0) return [];
    try {
      await this.connection.write(() => this.collection.bulkWrite(operations, { ordered: false }));
      return [];
    } catch (error) {
      const duplicates = duplicatesOf((error as { cause?: unknown }).cause);
      if (duplicates === undefined) throw error;
      return duplicates;
    }
  }

  private entries(id: string, document: Document): Readonly<Record<string, string>> {
    const entries: Record<string, string> = {};
    for (const [key, index] of indexesOf(this.layout)) {
      const entry = entryOf(index, id, document);
      if (entry !== null) entries[key] = entryText(entry);
    }
    return entries;
  }
}

/** Takes the place of an older one, or of one of the same position that lacks its entries for the coming indexes. */
function replacement(upsert: boolean) {
  return (row: StoredRow): AnyBulkWriteOperation<StoredRow> => {
    const { _id, position, indexed } = row;
    const older: Filter<StoredRow> = { _id, position: { $lt: position } };
    if (upsert || indexed === undefined) return { replaceOne: { filter: older, replacement: row, upsert } };
    const filter: Filter<StoredRow> = {
      _id,
      $or: [{ position: { $lt: position } }, { position, document: { $exists: true }, indexed: { $ne: indexed } }],
    };
    return { replaceOne: { filter, replacement: row } };
  };
}

/** Few enough for one call to end in its time. */
function* chunks(rows: readonly StoredRow[]): Iterable<readonly StoredRow[]> {
  let [chunk, bytes]: [StoredRow[], number] = [[], 0];
  for (const row of rows) {
    const size = row.document?.length ?? 0;
    if (chunk.length >= WRITES_AT_ONCE || (chunk.length > 0 && bytes + size > BYTES_AT_ONCE)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(row);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function stored<D extends Document>({ _id, position, document }: StoredRow): StoredDocument<D> | undefined {
  return document === undefined
    ? undefined
    : { id: _id, position: BigInt(position), document: JSON.parse(document) as D };
}
