import type { Position, Snapshots } from '@millrace/event-store';
import { isOperational } from '@millrace/runtime';
import type {
  CollectionDeclaration,
  Document,
  IndexDeclaration,
  Page,
  PageRequest,
  ProjectionBatch,
  ReadModels,
  StoredDocument,
} from '../read-models.js';
import { checkDeclaration } from '../declaration.js';
import { CollectionTable } from './collection-table.js';
import type { EncodedWrite } from './collection-table.js';
import { tableName } from './names.js';
import { SqliteSnapshots } from './snapshots.js';
import { ViewsDatabase } from './views-database.js';
import type { ViewsDatabaseOptions, ViewsWitness } from './views-database.js';

export type SqliteReadModelsOptions = ViewsDatabaseOptions;

/** One complete set of a projection's documents. */
interface Generation {
  readonly generation: number;
  readonly projection: string;
  readonly collections: ReadonlyMap<string, CollectionTable>;
}

interface WaitingBatch {
  readonly generation: Generation;
  readonly checkpoint: Position;
  readonly writes: readonly EncodedWrite[];
  readonly applied: () => void;
  readonly failed: (error: unknown) => void;
}

type ShadowStore = Awaited<ReturnType<ReadModels['shadow']>>['store'];

/** Rows deleted at once of a generation that nobody reads any more; a DROP TABLE of a big one would hold up the process for seconds. */
const DISCARDED_ROWS_AT_ONCE = 200;

/** Read models in `views.sqlite`. Everything is on one connection: a read sees what was applied before it. */
export class SqliteReadModels implements ReadModels {
  private readonly current = new Map<string, Generation>();
  private readonly owners = new Map<string, Generation>();
  private waiting: WaitingBatch[] = [];
  private draining: NodeJS.Immediate | undefined;
  readonly snapshots: Snapshots;

  private constructor(private readonly database: ViewsDatabase) {
    this.snapshots = new SqliteSnapshots(database);
  }

  /**
   * To be asked before the log is opened, which refuses to start when a view has seen more of it than it holds. Logs and views tell each other
   * apart by `logId`.
   */
  static witnesses(directory: string): readonly ViewsWitness[] {
    return ViewsDatabase.witnesses(directory);
  }

  /** Whatever is in the file, it opens: see {@link ViewsDatabase.open}. */
  static async open(options: SqliteReadModelsOptions): Promise<SqliteReadModels> {
    const readModels = new SqliteReadModels(ViewsDatabase.open(options));
    try {
      // A shadow belongs to a rebuild that ended with its process.
      readModels.run(`UPDATE generations SET role = 'discarded' WHERE role = 'shadow'`);
      readModels.drainDiscarded();
      return readModels;
    } catch (error) {
      await readModels.close();
      if (!isOperational(error) || error.code !== 'READ_MODELS_DAMAGED') throw error;
      // It is marked as damaged now, so that this sets it aside.
      return new SqliteReadModels(ViewsDatabase.open(options));
    }
  }

  async declare(projection: string, collections: readonly CollectionDeclaration[]): Promise<void> {
    collections.forEach(checkDeclaration);
    const generation = this.database.transaction(() => {
      const id = this.currentGeneration(projection) ?? this.createGeneration(projection, 'current');
      for (const { name } of this.declared(id))
        if (!collections.some((collection) => collection.name === name)) this.removeCollection(id, name);
      for (const { name } of collections) this.takeOver(name, id);
      this.changeLayout();
      return { generation: id, projection, collections: this.declareTables(id, collections) };
    });
    this.serve(generation);
    this.drainDiscarded();
  }

  async checkpoint(projection: string): Promise<Position> {
    return this.database.guard(() => {
      const id = this.currentGeneration(projection);
      return id === undefined ? 0n : this.checkpointOf(id);
    });
  }

  async apply(projection: string, batch: ProjectionBatch): Promise<void> {
    const generation = this.current.get(projection);
    if (generation === undefined) throw new RangeError(`Projection ${projection} has declared nothing.`);
    return this.enqueue(generation, batch);
  }

  async get<D extends Document = Document>(collection: string, id: string): Promise<StoredDocument<D> | undefined> {
    return this.database.guard(() => this.table(collection).get<D>(id));
  }

  async getMany<D extends Document = Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<readonly (StoredDocument<D> | undefined)[]> {
    return this.database.guard(() => ids.map((id) => this.table(collection).get<D>(id)));
  }

  async page<D extends Document = Document>(collection: string, request: PageRequest): Promise<Page<D>> {
    return this.database.guard(() => this.table(collection).page<D>(request));
  }

  async count(collection: string): Promise<number> {
    return this.database.guard(() => this.table(collection).count());
  }

  async shadow(projection: string, collections: readonly CollectionDeclaration[]): ReturnType<ReadModels['shadow']> {
    collections.forEach(checkDeclaration);
    const generation = this.database.transaction(() => {
      this.run(`UPDATE generations SET role = 'discarded' WHERE role = 'shadow' AND projection = ?`, projection);
      const id = this.createGeneration(projection, 'shadow');
      return { generation: id, projection, collections: this.declareTables(id, collections) };
    });
    return {
      store: this.shadowStore(generation),
      swap: async () => this.swap(generation),
      discard: async () => this.discard(generation),
    };
  }

  async close(): Promise<void> {
    clearImmediate(this.draining);
    this.draining = undefined;
    this.applyWaiting();
    await this.database.close();
  }

  private shadowStore(generation: Generation): ShadowStore {
    const table = (collection: string): CollectionTable => tableOf(generation.collections, collection);
    return {
      checkpoint: async () => this.database.guard(() => this.checkpointOf(generation.generation)),
      apply: async (_projection, batch) => this.enqueue(generation, batch),
      get: async <D extends Document>(collection: string, id: string) =>
        this.database.guard(() => table(collection).get<D>(id)),
      getMany: async <D extends Document>(collection: string, ids: readonly string[]) =>
        this.database.guard(() => ids.map((id) => table(collection).get<D>(id))),
      page: async <D extends Document>(collection: string, request: PageRequest) =>
        this.database.guard(() => table(collection).page<D>(request)),
      count: async (collection) => this.database.guard(() => table(collection).count()),
    };
  }

  private swap(shadow: Generation): void {
    this.applyWaiting();
    this.database.transaction(() => {
      this.mustBeShadow(shadow);
      this.run(
        `UPDATE generations SET role = 'discarded' WHERE role = 'current' AND projection = ?`,
        shadow.projection,
      );
      this.run(`UPDATE generations SET role = 'current' WHERE generation = ?`, shadow.generation);
      this.changeLayout();
    });
    this.serve(shadow);
    this.drainDiscarded();
  }

  private discard(shadow: Generation): void {
    this.database.transaction(() =>
      this.run(`UPDATE generations SET role = 'discarded' WHERE role = 'shadow' AND generation = ?`, shadow.generation),
    );
    this.drainDiscarded();
  }

  private mustBeShadow({ generation, projection }: Generation): void {
    const row = this.database.first('SELECT role FROM generations WHERE generation = ?', generation);
    if (row?.['role'] !== 'shadow')
      throw new RangeError(`The shadow of ${projection} was swapped or discarded before.`);
  }

  /** Batches that arrive together, one of each projection, share a transaction: a commit costs as much as the rows of most batches. */
  private enqueue(generation: Generation, { checkpoint, writes }: ProjectionBatch): Promise<void> {
    const encoded = writes.map((write) => tableOf(generation.collections, write.collection).encode(write));
    return new Promise((applied, failed) => {
      if (this.waiting.length === 0) queueMicrotask(() => this.applyWaiting());
      this.waiting.push({ generation, checkpoint, writes: encoded, applied, failed });
    });
  }

  private applyWaiting(): void {
    const batches = this.waiting;
    if (batches.length === 0) return;
    this.waiting = [];
    try {
      this.database.transaction(() => batches.forEach((batch) => this.applyOne(batch)));
      this.database.wrote(batches.reduce((sum, { writes }) => sum + estimateBytes(writes), 0));
      for (const { applied } of batches) applied();
    } catch (error) {
      for (const { failed } of batches) failed(error);
    }
  }

  private applyOne({ generation, checkpoint, writes }: WaitingBatch): void {
    if (this.checkpointOf(generation.generation) >= checkpoint) return;
    for (const write of writes) tableOf(generation.collections, write.collection).write(write);
    this.run('UPDATE generations SET checkpoint = ? WHERE generation = ?', checkpoint, generation.generation);
  }

  /** Whoever reads the file beside this connection looks anew where the documents are ({@link SqliteViews}). */
  private changeLayout(): void {
    this.run(
      `INSERT INTO settings VALUES ('layout', '1')
       ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)`,
    );
  }

  private serve(generation: Generation): void {
    this.current.set(generation.projection, generation);
    for (const [name, owner] of this.owners) if (owner.projection === generation.projection) this.owners.delete(name);
    for (const name of generation.collections.keys()) this.owners.set(name, generation);
  }

  private table(collection: string): CollectionTable {
    const owner = this.owners.get(collection);
    if (owner === undefined) throw new RangeError(`No projection has declared a collection ${collection}.`);
    return tableOf(owner.collections, collection);
  }

  private declareTables(
    generation: number,
    collections: readonly CollectionDeclaration[],
  ): ReadonlyMap<string, CollectionTable> {
    const before = new Map(this.declared(generation).map(({ name, indexes }) => [name, indexes]));
    const tables = new Map<string, CollectionTable>();
    for (const declaration of collections) {
      const earlier = before.get(declaration.name) ?? [];
      tables.set(declaration.name, CollectionTable.declare(this.database, generation, declaration, earlier));
      this.run(
        'INSERT OR REPLACE INTO collections (generation, name, indexes) VALUES (?, ?, ?)',
        generation,
        declaration.name,
        JSON.stringify(declaration.indexes),
      );
    }
    return tables;
  }

  private declared(
    generation: number,
  ): readonly { readonly name: string; readonly indexes: readonly IndexDeclaration[] }[] {
    return this.database.all('SELECT name, indexes FROM collections WHERE generation = ?', generation).map((row) => ({
      name: row['name'] as string,
      indexes: JSON.parse(row['indexes'] as string) as readonly IndexDeclaration[],
    }));
  }

  /** A collection belongs to one projection: a new version of one takes it from its predecessor, and begins empty. */
  private takeOver(collection: string, generation: number): void {
    const holders = this.database.all(
      `SELECT generation, projection FROM generations JOIN collections USING (generation)
         WHERE name = ? AND role = 'current' AND generation <> ?`,
      collection,
      generation,
    );
    for (const holder of holders) {
      this.run(`UPDATE generations SET role = 'discarded' WHERE generation = ?`, Number(holder['generation']));
      this.current.delete(holder['projection'] as string);
    }
  }

  private removeCollection(generation: number, collection: string): void {
    this.database.connection.exec(`DROP TABLE IF EXISTS ${tableName(collection, generation)}`);
    this.run('DELETE FROM collections WHERE generation = ? AND name = ?', generation, collection);
  }

  private currentGeneration(projection: string): number | undefined {
    const row = this.database.first(
      `SELECT generation FROM generations WHERE projection = ? AND role = 'current'`,
      projection,
    );
    return row === undefined ? undefined : Number(row['generation']);
  }

  private createGeneration(projection: string, role: 'current' | 'shadow'): number {
    return Number(
      this.database.run('INSERT INTO generations (projection, role) VALUES (?, ?)', projection, role).lastInsertRowid,
    );
  }

  private checkpointOf(generation: number): Position {
    const row = this.database.first('SELECT checkpoint FROM generations WHERE generation = ?', generation);
    return (row?.['checkpoint'] as bigint | undefined) ?? 0n;
  }

  private run(sql: string, ...values: (string | number | bigint)[]): void {
    this.database.guard(() => this.database.run(sql, ...values));
  }

  /** Deletes what nobody reads any more, some rows at a time, between other work; what is left goes on at the next start. */
  private drainDiscarded(): void {
    if (this.draining !== undefined) return;
    this.draining = setImmediate(() => {
      this.draining = undefined;
      try {
        if (this.drainSome()) this.drainDiscarded();
      } catch {
        // A full disk, say. It is only room that is lost, until the next start.
      }
    });
    this.draining.unref();
  }

  /** True while there may be more. */
  private drainSome(): boolean {
    const { connection } = this.database;
    const row = this.database.first(`SELECT generation FROM generations WHERE role = 'discarded' LIMIT 1`);
    if (row === undefined) return false;
    const generation = Number(row['generation']);
    return this.database.transaction(() => {
      for (const { name } of this.declared(generation)) {
        const table = tableName(name, generation);
        const some = `SELECT rowid FROM ${table} LIMIT ${DISCARDED_ROWS_AT_ONCE}`;
        if (Number(connection.prepare(`DELETE FROM ${table} WHERE rowid IN (${some})`).run().changes) > 0) return true;
        this.removeCollection(generation, name);
      }
      this.run('DELETE FROM generations WHERE generation = ?', generation);
      return true;
    });
  }
}

/** A page each for the row, an index and what else it touches, and the document. */
function estimateBytes(writes: readonly EncodedWrite[]): number {
  return writes.reduce((sum, { document }) => sum + 3 * 4_096 + (document?.length ?? 0), 4_096);
}

function tableOf(collections: ReadonlyMap<string, CollectionTable>, name: string): CollectionTable {
  const table = collections.get(name);
  if (table === undefined) throw new RangeError(`Collection ${name} is not declared.`);
  return table;
}
