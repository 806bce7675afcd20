import type { Position, Snapshots } from '@millrace/event-store';
import { OperationalError } from '@millrace/runtime';
import { checkDeclaration } from '../declaration.js';
import type {
  CollectionDeclaration,
  Document,
  Page,
  PageRequest,
  ProjectionBatch,
  ReadModels,
  StoredDocument,
} from '../read-models.js';
import { Checkpoints } from './checkpoints.js';
import { MongoConnection } from './connection.js';
import type { MongoConnectionOptions } from './connection.js';
import { Documents } from './documents.js';
import { ensureIndexes } from './indexes.js';
import { LayoutReader } from './layout-reader.js';
import {
  LayoutStore,
  collectionOf,
  currentOf,
  declareCollections,
  discarded,
  newGeneration,
  ownerOf,
} from './layout.js';
import type { Generation, Layout } from './layout.js';
import { MongoSnapshots } from './snapshots.js';
import { Sweeper } from './sweeper.js';

export interface MongoReadModelsOptions extends MongoConnectionOptions {
  /** The log that the views are folded from. Views of another log in the same database are neither seen nor touched. */
  readonly logId?: string;
  /** When the collections of what was discarded are dropped, in milliseconds. Longer than any read takes. Default 60,000. */
  readonly dropAfterMs?: number;
}

/** How far a view has seen which log (docs/decisions/0008). */
export interface MongoViewsWitness {
  readonly name: string;
  readonly logId: string;
  readonly position: bigint;
}

type ShadowStore = Awaited<ReturnType<ReadModels['shadow']>>['store'];
/** Which generation a caller means, by the layout that holds. Throws a RangeError when there is none. */
type Choice = (layout: Layout) => Generation;

const LOG_ID = 'log';
const DROP_AFTER_MS = 60_000;
const APPLY_ATTEMPTS_MAX = 10;

/**
 * Read models in MongoDB, shared by any number of processes; each projection is folded by one at a time, though two at once do no harm.
 * Of the server it asks for conditional updates of one document, plain indexes and majority writes, and nothing else (docs/decisions/0048).
 */
export class MongoReadModels implements ReadModels {
  private readonly layouts: LayoutStore;
  private readonly layout: LayoutReader;
  private readonly checkpoints: Checkpoints;
  private readonly sweeper: Sweeper;
  /** The last batch of each generation: a document of an earlier one must be there before a later one moves the checkpoint. */
  private readonly turns = new Map<string, Promise<unknown>>();
  readonly snapshots: Snapshots;

  private constructor(
    private readonly connection: MongoConnection,
    private readonly logId: string,
    dropAfterMs: number,
  ) {
    this.layouts = new LayoutStore(connection, logId);
    this.layout = new LayoutReader(this.layouts);
    this.checkpoints = new Checkpoints(connection);
    this.snapshots = new MongoSnapshots(connection);
    this.sweeper = new Sweeper(connection, this.layouts, {
      afterMs: dropAfterMs,
      changed: (layout) => this.layout.saw(layout),
    });
  }

  /** @throws OperationalError when MongoDB can't be reached (retryable), or denies access (`STORE_ACCESS_DENIED`). */
  static async open(options: MongoReadModelsOptions): Promise<MongoReadModels> {
    const connection = await MongoConnection.open(options);
    return new MongoReadModels(connection, options.logId ?? LOG_ID, options.dropAfterMs ?? DROP_AFTER_MS);
  }

  /** What the views of this log have seen of it: a log that ends before has lost events. */
  async witnesses(): Promise<readonly MongoViewsWitness[]> {
    const [{ generations }, checkpoints] = [await this.layouts.load(), await this.checkpoints.all()];
    return generations
      .filter(({ role }) => role === 'current')
      .map(({ id, projection }) => ({
        name: `the view ${projection}`,
        logId: this.logId,
        position: checkpoints.get(id) ?? 0n,
      }));
  }

  /** For whoever folds the projection, alone: a rebuild of it that another process has begun is given up. */
  async declare(projection: string, collections: readonly CollectionDeclaration[]): Promise<void> {
    collections.forEach(checkDeclaration);
    const layout = await this.layouts.change((generations) => declared(generations, projection, collections));
    const generation = mustBeCurrent(layout, projection);
    await this.prepare(generation);
    const changed = generation.collections.filter(({ coming }) => coming !== undefined);
    for (const collection of changed) await this.documents(generation, collection.name).refill();
    if (changed.length > 0) await this.serveComing(generation);
    this.layout.saw(layout);
    this.checkpoints.resume(projection);
    this.sweeper.schedule();
  }

  async checkpoint(projection: string): Promise<Position> {
    return this.layout.read(async (layout) => {
      const generation = currentOf(layout, projection);
      return generation === undefined ? 0n : this.checkpoints.of(generation);
    });
  }

  async apply(projection: string, batch: ProjectionBatch): Promise<void> {
    return this.applyTo((layout) => mustBeCurrent(layout, projection), projection, batch);
  }

  async get<D extends Document = Document>(collection: string, id: string): Promise<StoredDocument<D> | undefined> {
    return this.read(collection, ownerIn(collection), (documents) => documents.get<D>(id));
  }

  async getMany<D extends Document = Document>(
    collection: string,
    ids: readonly string[],
  ): Promise<readonly (StoredDocument<D> | undefined)[]> {
    return this.read(collection, ownerIn(collection), (documents) => documents.getMany<D>(ids));
  }

  async page<D extends Document = Document>(collection: string, request: PageRequest): Promise<Page<D>> {
    return this.read(collection, ownerIn(collection), (documents) => documents.page<D>(request));
  }

  async count(collection: string): Promise<number> {
    return this.read(collection, ownerIn(collection), (documents) => documents.count());
  }

  async shadow(projection: string, collections: readonly CollectionDeclaration[]): ReturnType<ReadModels['shadow']> {
    collections.forEach(checkDeclaration);
    const generation: Generation = {
      ...newGeneration(projection, 'shadow'),
      collections: declareCollections([], collections),
    };
    const layout = await this.layouts.change((generations) => [...withoutShadows(generations, projection), generation]);
    await this.prepare(generation);
    this.layout.saw(layout);
    return {
      store: this.shadowStore(generation),
      swap: () => this.swap(generation),
      discard: () => this.discard(generation),
    };
  }

  async close(): Promise<void> {
    this.sweeper.close();
    await Promise.allSettled(this.turns.values());
    await this.connection.close();
  }

  private shadowStore({ id, projection }: Generation): ShadowStore {
    const chosen: Choice = (layout) => mustStillBe(layout, id, projection);
    return {
      checkpoint: () => this.layout.read((layout) => this.checkpoints.of(chosen(layout))),
      apply: (_projection, batch) => this.applyTo(chosen, id, batch),
      get: <D extends Document>(collection: string, documentId: string) =>
        this.read(collection, chosen, (documents) => documents.get<D>(documentId)),
      getMany: <D extends Document>(collection: string, ids: readonly string[]) =>
        this.read(collection, chosen, (documents) => documents.getMany<D>(ids)),
      page: <D extends Document>(collection: string, request: PageRequest) =>
        this.read(collection, chosen, (documents) => documents.page<D>(request)),
      count: (collection) => this.read(collection, chosen, (documents) => documents.count()),
    };
  }

  private async swap({ id, projection }: Generation): Promise<void> {
    const layout = await this.layouts.change((generations) => {
      const shadow = generations.find((generation) => generation.id === id && generation.role === 'shadow');
      if (shadow === undefined) throw swappedOrDiscarded(projection);
      return generations.map((generation) => {
        if (generation === shadow) return { ...shadow, role: 'current' };
        return generation.projection === projection && generation.role === 'current'
          ? discarded(generation)
          : generation;
      });
    });
    this.layout.saw(layout);
    this.sweeper.schedule();
  }

  private async discard({ id }: Generation): Promise<void> {
    const layout = await this.layouts.change((generations) =>
      generations.some((generation) => generation.id === id && generation.role === 'shadow')
        ? generations.map((generation) => (generation.id === id ? discarded(generation) : generation))
        : generations,
    );
    this.layout.saw(layout);
    this.sweeper.schedule();
  }

  private async applyTo(choice: Choice, turn: string, batch: ProjectionBatch): Promise<void> {
    const work = (this.turns.get(turn) ?? Promise.resolve()).then(() => this.applyNow(choice, batch));
    const ended = work.catch(() => undefined);
    this.turns.set(turn, ended);
    await work.finally(() => {
      if (this.turns.get(turn) === ended) this.turns.delete(turn);
    });
  }

  /** Documents first, then the checkpoint, each on a majority; between them a look whether it all went where it is read. */
  private async applyNow(choice: Choice, batch: ProjectionBatch): Promise<void> {
    for (let attempts = 0; attempts < APPLY_ATTEMPTS_MAX; attempts += 1) {
      const { layout, generation, rows, checkpoint } = await this.layout.read(async (held) => {
        const chosen = choice(held);
        return {
          layout: held,
          generation: chosen,
          rows: this.encode(chosen, batch),
          checkpoint: await this.checkpoints.of(chosen),
        };
      });
      if (checkpoint >= batch.checkpoint) return;
      for (const [collection, some] of rows) await this.documents(generation, collection).write(some);
      if (await this.layout.holds(layout)) return this.checkpoints.move(generation, batch.checkpoint);
    }
    throw new OperationalError('The layout of the read models changes all the time.', { retryable: true });
  }

  private encode(generation: Generation, { writes }: ProjectionBatch) {
    const rows = new Map<string, ReturnType<Documents['encode']>[]>();
    for (const write of writes) {
      const encoded = this.documents(generation, write.collection).encode(write);
      const some = rows.get(write.collection);
      if (some === undefined) rows.set(write.collection, [encoded]);
      else some.push(encoded);
    }
    return rows;
  }

  private read<T>(collection: string, choice: Choice, work: (documents: Documents) => Promise<T>): Promise<T> {
    return this.layout.read(async (layout) => work(this.documents(choice(layout), collection)));
  }

  private documents(generation: Generation, collection: string): Documents {
    return new Documents(this.connection, generation, collectionOf(generation, collection));
  }

  private async prepare(generation: Generation): Promise<void> {
    for (const collection of generation.collections)
      await ensureIndexes(this.connection, this.documents(generation, collection.name).collection, collection);
  }

  /** Every document has its entries: pages are read by what was declared. */
  private async serveComing({ id, collections }: Generation): Promise<void> {
    const layout = await this.layouts.change((generations) =>
      generations.map((generation) =>
        generation.id === id
          ? {
              ...generation,
              // Another process may have declared something else meanwhile; that one serves it then.
              collections: generation.collections.map((collection) =>
                collections.some((filled) => JSON.stringify(filled) === JSON.stringify(collection))
                  ? { name: collection.name, indexes: collection.coming ?? collection.indexes }
                  : collection,
              ),
            }
          : generation,
      ),
    );
    this.layout.saw(layout);
    const generation = layout.generations.find((candidate) => candidate.id === id);
    if (generation !== undefined) await this.prepare(generation);
  }
}

function declared(
  generations: readonly Generation[],
  projection: string,
  collections: readonly CollectionDeclaration[],
): readonly Generation[] {
  const kept = withoutShadows(generations, projection);
  const before = kept.find((generation) => generation.role === 'current' && generation.projection === projection);
  const base = before ?? newGeneration(projection, 'current');
  const after = { ...base, collections: declareCollections(base.collections, collections) };
  // A collection belongs to one projection: a new version of one takes it from its predecessor, and begins empty.
  const isTaken = ({ id, role, collections: theirs }: Generation): boolean =>
    role === 'current' && id !== base.id && theirs.some(({ name }) => collections.some((own) => own.name === name));
  const others = kept.map((generation) => (isTaken(generation) ? discarded(generation) : generation));
  const edited =
    before === undefined
      ? [...others, after]
      : others.map((generation) => (generation.id === base.id ? after : generation));
  return JSON.stringify(edited) === JSON.stringify(generations) ? generations : edited;
}

function withoutShadows(generations: readonly Generation[], projection: string): readonly Generation[] {
  return generations.map((generation) =>
    generation.role === 'shadow' && generation.projection === projection ? discarded(generation) : generation,
  );
}

function ownerIn(collection: string): Choice {
  return (layout) => {
    const owner = ownerOf(layout, collection);
    if (owner === undefined) throw new RangeError(`No projection has declared a collection ${collection}.`);
    return owner;
  };
}

function mustBeCurrent(layout: Layout, projection: string): Generation {
  const generation = currentOf(layout, projection);
  if (generation === undefined) throw new RangeError(`Projection ${projection} has declared nothing.`);
  return generation;
}

function mustStillBe({ generations }: Layout, id: string, projection: string): Generation {
  const generation = generations.find((candidate) => candidate.id === id && candidate.role !== 'discarded');
  if (generation === undefined) throw swappedOrDiscarded(projection);
  return generation;
}

function swappedOrDiscarded(projection: string): RangeError {
  return new RangeError(`The shadow of ${projection} was swapped or discarded before.`);
}
