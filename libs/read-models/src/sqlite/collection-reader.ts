import { cursorMark, decodeCursor, encodeCursor } from '../cursor.js';
import { indexOfPage } from '../declaration.js';
import { encodePrefix, prefixEnd } from '../index-key.js';
import type {
  CollectionDeclaration,
  Document,
  IndexDeclaration,
  Page,
  PageRequest,
  StoredDocument,
} from '../read-models.js';
import { column, indexName, tableName } from './names.js';
import type { Row, ViewsDatabase } from './views-database.js';

/** One range of one index, in its order: exported so that a test can ask SQLite for its plan. */
export function pageSql(table: string, index: IndexDeclaration, direction: 'ascending' | 'descending'): string {
  const entry = column(index);
  return (
    `SELECT id, position, document, ${entry} AS entry FROM ${table} INDEXED BY ${indexName(table, index)} ` +
    `WHERE ${entry} > ? AND ${entry} < ? ORDER BY ${entry} ${direction === 'ascending' ? 'ASC' : 'DESC'} LIMIT ?`
  );
}

/** What is read of one collection in one generation. */
export class CollectionReader {
  protected readonly table: string;

  constructor(
    protected readonly database: ViewsDatabase,
    readonly declaration: CollectionDeclaration,
    generation: number,
  ) {
    this.table = tableName(declaration.name, generation);
  }

  get<D extends Document>(id: string): StoredDocument<D> | undefined {
    const row = this.database.first(`SELECT id, position, document FROM ${this.table} WHERE id = ?`, id);
    return row === undefined ? undefined : stored<D>(row);
  }

  count(): number {
    return Number(this.database.first(`SELECT count(*) AS documents FROM ${this.table}`)?.['documents']);
  }

  page<D extends Document>(request: PageRequest): Page<D> {
    const index = indexOfPage(this.declaration, request);
    const mark = cursorMark(this.declaration.name, index);
    const prefix = encodePrefix(request.equals);
    const after = request.after === undefined ? undefined : decodeCursor(mark, prefix, request.after);
    const direction = request.direction ?? 'ascending';
    const [above, below] =
      direction === 'ascending' ? [after ?? prefix, prefixEnd(prefix)] : [prefix, after ?? prefixEnd(prefix)];
    const rows = this.database.all(pageSql(this.table, index, direction), above, below, request.limit + 1);
    const items = rows
      .slice(0, request.limit)
      .map((row) => ({ ...stored<D>(row), cursor: encodeCursor(mark, row['entry'] as Uint8Array) }));
    return { items, hasMore: rows.length > request.limit };
  }
}

function stored<D extends Document>(row: Row): StoredDocument<D> {
  return {
    id: row['id'] as string,
    position: row['position'] as bigint,
    document: JSON.parse(row['document'] as string) as D,
  };
}
