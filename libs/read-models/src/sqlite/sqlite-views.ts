import type { Position, Snapshots } from '@millrace/event-store';
import type {
  CollectionDeclaration,
  Document,
  IndexDeclaration,
  Page,
  PageRequest,
  StoredDocument,
  Views,
} from '../read-models.js';
import { CollectionReader } from './collection-reader.js';
import { SqliteSnapshots } from './snapshots.js';
import { ViewsDatabase } from './views-database.js';

/**
 * The views for another thread than the one that writes them ({@link SqliteReadModels}), on a connection of its own. Each read sees one
 * state of the file, also while a rebuild is swapped in.
 */
export class SqliteViews implements Views {
  private collections: ReadonlyMap<string, CollectionReader> = new Map();
  private layout: unknown;
  private readonly stored: SqliteSnapshots;

  private constructor(private readonly database: ViewsDatabase) {
    this.stored = new SqliteSnapshots(database);
  }

  /** When the writer has opened the file. */
  static open({ directory }: { readonly directory: string }): SqliteViews {
    return new SqliteViews(ViewsDatabase.openReader(directory));
  }

  async checkpoint(projection: string): Promise<Position> {
    const row = this.database.guard(() =>
      this.database.first(`SELECT checkpoint FROM generations WHERE projection = ? AND role = 'current'`, projection),
    );
    return (row?.['checkpoint'] as bigint | undefined) ?? 0n;
  }

  async get<D extends Document = Document>(collection: string, id: string): Promise<StoredDocument<D> | undefined> {
    return this.read(collection, (reader) => reader.get<D>(id));
  }

  async getMany<D extends Document = Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<readonly (StoredDocument<D> | undefined)[]> {
    return this.read(collection, (reader) => ids.map((id) => reader.get<D>(id)));
  }

  async page<D extends Document = Document>(collection: string, request: PageRequest): Promise<Page<D>> {
    return this.read(collection, (reader) => reader.page<D>(request));
  }

  async count(collection: string): Promise<number> {
    return this.read(collection, (reader) => reader.count());
  }

  /** Saving is the writer's. */
  readonly loadSnapshot: Snapshots['load'] = (...about) => this.stored.load(...about);

  async close(): Promise<void> {
    await this.database.close();
  }

  private read<T>(collection: string, work: (reader: CollectionReader) => T): T {
    return this.database.snapshot(() => {
      const layout = this.database.first(`SELECT value FROM settings WHERE name = 'layout'`)?.['value'];
      if (layout === undefined || layout !== this.layout) this.collections = this.currentCollections();
      this.layout = layout;
      const reader = this.collections.get(collection);
      if (reader === undefined) throw new RangeError(`No projection has declared a collection ${collection}.`);
      return work(reader);
    });
  }

  private currentCollections(): ReadonlyMap<string, CollectionReader> {
    const rows = this.database.all(
      `SELECT generation, name, indexes FROM collections JOIN generations USING (generation) WHERE role = 'current'`,
    );
    return new Map(
      rows.map((row) => {
        const name = row['name'] as string;
        const indexes = JSON.parse(row['indexes'] as string) as readonly IndexDeclaration[];
        const declaration: CollectionDeclaration = { name, indexes };
        return [name, new CollectionReader(this.database, declaration, Number(row['generation']))];
      }),
    );
  }
}
