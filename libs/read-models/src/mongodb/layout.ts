import { randomBytes } from 'node:crypto';
import { OperationalError } from '@millrace/runtime';
import type { CollectionDeclaration, IndexDeclaration } from '../read-models.js';
import type { MongoConnection } from './connection.js';
import { isDuplicateKey } from './failures.js';

export interface CollectionLayout {
  readonly name: string;
  /** What pages are read by. */
  readonly indexes: readonly IndexDeclaration[];
  /** What they will be read by when every document has its entries for them; writers make both. */
  readonly coming?: readonly IndexDeclaration[];
}

/** One complete set of a projection's documents. */
export interface Generation {
  readonly id: string;
  readonly projection: string;
  readonly role: 'current' | 'shadow' | 'discarded';
  readonly collections: readonly CollectionLayout[];
  /** By the clock of whoever discarded it, in milliseconds. */
  readonly discardedAt?: number;
}

/** Which collections of the server are what. One document, so that each change of it is one step for everybody. */
export interface Layout {
  /** Counts the changes; 0 before the first. */
  readonly version: number;
  readonly generations: readonly Generation[];
}

interface StoredLayout extends Layout {
  readonly _id: string;
}

const NOTHING: Layout = { version: 0, generations: [] };
/** Processes that start at once change it at once; each loser reads it anew. */
const ATTEMPTS_MAX = 50;

/** The layout of the views of one log. Several processes share it. */
export class LayoutStore {
  constructor(
    private readonly connection: MongoConnection,
    private readonly logId: string,
  ) {}

  async load(): Promise<Layout> {
    return (await this.connection.read(() => this.layouts().findOne({ _id: this.logId }))) ?? NOTHING;
  }

  async version(): Promise<number> {
    const found = await this.connection.read(() =>
      this.layouts().findOne({ _id: this.logId }, { projection: { version: 1 } }),
    );
    return found?.version ?? NOTHING.version;
  }

  /** Every generation that any log's views know of. */
  async everyGeneration(): Promise<ReadonlySet<string>> {
    const layouts = await this.connection.read(() => this.layouts().find().toArray());
    return new Set(layouts.flatMap(({ generations }) => generations.map(({ id }) => id)));
  }

  /**
   * Changes it in one step, on top of whatever others did.
   *
   * @param edit - pure, may be called again; gives back the same generations when there is nothing to change.
   * @throws OperationalError when the outcome is not known, or others are always faster.
   */
  async change(edit: (generations: readonly Generation[]) => readonly Generation[]): Promise<Layout> {
    for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
      const { version, generations } = await this.load();
      const edited = edit(generations);
      const next = { version: version + 1, generations: edited };
      if (edited === generations) return { version, generations };
      if (await this.replace(version, next)) return next;
    }
    throw new OperationalError('The layout of the read models changes all the time.', { retryable: true });
  }

  private async replace(version: number, next: Layout): Promise<boolean> {
    try {
      const upsert = version === NOTHING.version;
      const { matchedCount, upsertedCount } = await this.connection.write(() =>
        this.layouts().replaceOne({ _id: this.logId, version }, next, { upsert }),
      );
      return matchedCount + upsertedCount > 0;
    } catch (error) {
      if (isDuplicateKey((error as { cause?: unknown }).cause)) return false;
      throw error;
    }
  }

  private layouts() {
    return this.connection.database.collection<StoredLayout>('layouts');
  }
}

export function newGeneration(projection: string, role: 'current' | 'shadow'): Generation {
  return { id: randomBytes(6).toString('hex'), projection, role, collections: [] };
}

const COLLECTION_OF_DOCUMENTS = /^[a-z][a-z-]*\.([0-9a-f]{12})$/;

/** The name of a generation's collection in the server. The other collections' names have no dot. */
export function collectionName(collection: string, { id }: Generation): string {
  return `${collection}.${id}`;
}

/** Of a collection of documents; undefined for every other. */
export function generationOf(name: string): string | undefined {
  return COLLECTION_OF_DOCUMENTS.exec(name)?.[1];
}

export function currentOf(layout: Layout, projection: string): Generation | undefined {
  return layout.generations.find((generation) => generation.role === 'current' && generation.projection === projection);
}

export function ownerOf(layout: Layout, collection: string): Generation | undefined {
  return layout.generations.find(
    ({ role, collections }) => role === 'current' && collections.some(({ name }) => name === collection),
  );
}

/** @throws RangeError when the generation does not have it. */
export function collectionOf({ collections }: Generation, name: string): CollectionLayout {
  const found = collections.find((collection) => collection.name === name);
  if (found === undefined) throw new RangeError(`Collection ${name} is not declared.`);
  return found;
}

export function discarded(generation: Generation): Generation {
  return { ...generation, role: 'discarded', discardedAt: Date.now() };
}

/** The collections as declared now. One that was declared otherwise gets its new indexes as coming ones. */
export function declareCollections(
  before: readonly CollectionLayout[],
  declarations: readonly CollectionDeclaration[],
): readonly CollectionLayout[] {
  return declarations.map(({ name, indexes }) => {
    const earlier = before.find((collection) => collection.name === name);
    if (earlier === undefined) return { name, indexes };
    return sameIndexes(earlier.indexes, indexes)
      ? { name, indexes: earlier.indexes }
      : { name, indexes: earlier.indexes, coming: indexes };
  });
}

function sameIndexes(some: readonly IndexDeclaration[], others: readonly IndexDeclaration[]): boolean {
  return JSON.stringify(some.map(identity)) === JSON.stringify(others.map(identity));
}

function identity({ name, fields, sparse }: IndexDeclaration): unknown {
  return [name, fields, sparse === true];
}
