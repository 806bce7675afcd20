import { canonical, encodeDocument } from '../declaration.js';
import { entryOf } from '../index-key.js';
import type { CollectionDeclaration, Document, DocumentWrite, IndexDeclaration } from '../read-models.js';
import { CollectionReader } from './collection-reader.js';
import { column, indexName } from './names.js';
import type { ViewsDatabase } from './views-database.js';

const BACKFILL_DOCUMENTS = 500;

function createIndexSql(table: string, index: IndexDeclaration): string {
  return `CREATE INDEX IF NOT EXISTS ${indexName(table, index)} ON ${table} (${column(index)}) WHERE ${column(index)} IS NOT NULL`;
}

/** A write as it goes to the engine: made before the transaction, so that what can't be stored fails alone. */
export interface EncodedWrite {
  readonly collection: string;
  readonly id: string;
  readonly position: bigint;
  /** Absent: the document is removed. */
  readonly document?: string;
  /** In the order of the collection's indexes. */
  readonly entries: readonly (Buffer | null)[];
}

/** The documents of one collection in one generation. */
export class CollectionTable extends CollectionReader {
  private readonly updateInPlaceSql: string;
  private readonly upsertSql: string;

  private constructor(database: ViewsDatabase, declaration: CollectionDeclaration, generation: number) {
    super(database, declaration, generation);
    this.updateInPlaceSql = updateInPlaceSql(this.table, declaration.indexes);
    this.upsertSql = upsertSql(this.table, declaration.indexes);
  }

  /** Makes the table and its indexes what the declaration says, from whatever `declared` earlier. Inside a transaction. */
  static declare(
    database: ViewsDatabase,
    generation: number,
    declaration: CollectionDeclaration,
    declared: readonly IndexDeclaration[],
  ): CollectionTable {
    const collection = new CollectionTable(database, declaration, generation);
    const { table } = collection;
    database.connection.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL, document TEXT NOT NULL)`,
    );
    const wanted = new Map(declaration.indexes.map((index) => [index.name, JSON.stringify(canonical(index))]));
    const kept = new Set<string>();
    for (const index of declared) {
      if (wanted.get(index.name) === JSON.stringify(canonical(index))) kept.add(index.name);
      else
        database.connection.exec(
          `DROP INDEX IF EXISTS ${indexName(table, index)}; ALTER TABLE ${table} DROP COLUMN ${column(index)}`,
        );
    }
    const added = declaration.indexes.filter((index) => !kept.has(index.name));
    for (const index of added) database.connection.exec(`ALTER TABLE ${table} ADD COLUMN ${column(index)} BLOB`);
    if (added.length > 0) collection.backfill(added);
    for (const index of declaration.indexes) database.connection.exec(createIndexSql(table, index));
    return collection;
  }

  encode(write: DocumentWrite): EncodedWrite {
    const { collection, id, position, document } = write;
    const json = encodeDocument(write);
    if (document === undefined || json === undefined) return { collection, id, position, entries: [] };
    return { collection, id, position, document: json, entries: this.entries(this.declaration.indexes, id, document) };
  }

  write({ id, position, document, entries }: EncodedWrite): void {
    if (document === undefined) {
      this.database.run(`DELETE FROM ${this.table} WHERE id = ? AND position < ?`, id, position);
      return;
    }
    // SQLite rewrites the entry of every index that an UPDATE names. Most events move a document in none of them.
    if (this.database.run(this.updateInPlaceSql, position, document, id, position, ...entries).changes > 0) return;
    this.database.run(this.upsertSql, id, position, document, ...entries);
  }

  private entries(indexes: readonly IndexDeclaration[], id: string, document: Document): readonly (Buffer | null)[] {
    return indexes.map((index) => entryOf(index, id, document));
  }

  private backfill(indexes: readonly IndexDeclaration[]): void {
    const next = this.database.connection.prepare(
      `SELECT id, document FROM ${this.table} WHERE id > ? ORDER BY id LIMIT ${BACKFILL_DOCUMENTS}`,
    );
    const columns = indexes.map((index) => `${column(index)} = ?`).join(', ');
    const update = this.database.connection.prepare(`UPDATE ${this.table} SET ${columns} WHERE id = ?`);
    for (let rows = next.all(''); rows.length > 0; rows = next.all(rows.at(-1)?.['id'] ?? null)) {
      for (const row of rows) {
        const id = row['id'] as string;
        update.run(...this.entries(indexes, id, JSON.parse(row['document'] as string) as Document), id);
      }
    }
  }
}

function updateInPlaceSql(table: string, indexes: readonly IndexDeclaration[]): string {
  const same = indexes.map((index) => ` AND ${column(index)} IS ?`).join('');
  return `UPDATE ${table} SET position = ?, document = ? WHERE id = ? AND position < ?${same}`;
}

function upsertSql(table: string, indexes: readonly IndexDeclaration[]): string {
  const columns = ['id', 'position', 'document', ...indexes.map(column)];
  const changed = columns.slice(1).map((name) => `${name} = excluded.${name}`);
  return (
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
    `ON CONFLICT (id) DO UPDATE SET ${changed.join(', ')} WHERE excluded.position > ${table}.position`
  );
}
