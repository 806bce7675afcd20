import { OperationalError } from '@millrace/runtime';
import type { Collection, IndexDescriptionInfo, IndexSpecification } from 'mongodb';
import type { MongoConnection } from './connection.js';
import type { StoredRow } from './documents.js';
import { indexesOf } from './documents.js';
import type { CollectionLayout } from './layout.js';

/** How long the position of a removed document is kept: longer than any writer is late. */
const REMOVED_KEPT_SECONDS = 86_400;

interface WantedIndex {
  readonly name: string;
  readonly key: Record<string, 1>;
  readonly sparse: boolean;
  readonly expireAfterSeconds?: number;
}

/**
 * Makes the indexes of the server what the layout says, and looks whether they are. Plain ones, of one member each: an entry is in its place
 * already (see `documents.ts`).
 */
export async function ensureIndexes(
  connection: MongoConnection,
  collection: Collection<StoredRow>,
  layout: CollectionLayout,
): Promise<void> {
  const wanted = wantedIndexes(layout);
  const present = await list(connection, collection);
  for (const { name } of present.filter((index) => !wanted.some((one) => isSame(one, index))))
    await connection.write(() => collection.dropIndex(name));
  const missing = wanted.filter((index) => !present.some((one) => isSame(index, one)));
  if (missing.length === 0) return;
  await connection.write(() =>
    collection.createIndexes(missing as (WantedIndex & { readonly key: IndexSpecification & Record<string, 1> })[]),
  );
  const made = await list(connection, collection);
  const lacking = wanted.filter((index) => !made.some((one) => isSame(index, one)));
  if (lacking.length > 0)
    throw new OperationalError(
      `MongoDB has not made ${lacking.map(({ name }) => name).join(', ')} of ${collection.collectionName}.`,
      { retryable: true },
    );
}

function wantedIndexes(layout: CollectionLayout): readonly WantedIndex[] {
  const declared = [...indexesOf(layout)].map(([key, index]): WantedIndex => ({
    name: key,
    key: { [`entries.${key}`]: 1 },
    sparse: index.sparse === true,
  }));
  return [
    ...declared,
    { name: 'removedAt', key: { removedAt: 1 }, sparse: true, expireAfterSeconds: REMOVED_KEPT_SECONDS },
  ];
}

async function list(
  connection: MongoConnection,
  collection: Collection<StoredRow>,
): Promise<readonly { readonly name: string; readonly info: IndexDescriptionInfo }[]> {
  // The server knows no collection before its first index or document.
  const exists = await connection.read((database) =>
    database.listCollections({ name: collection.collectionName }, { nameOnly: true }).hasNext(),
  );
  if (!exists) return [];
  const indexes = await connection.read(() => collection.indexes());
  return indexes.flatMap((info) => (info.name === '_id_' ? [] : [{ name: info.name ?? '', info }]));
}

function isSame(wanted: WantedIndex, { name, info }: { readonly name: string; readonly info: IndexDescriptionInfo }) {
  const { key, sparse = false, expireAfterSeconds } = info;
  return wanted.name === name && shape(key, sparse, expireAfterSeconds) === shape(...shapeOf(wanted));
}

function shapeOf({ key, sparse, expireAfterSeconds }: WantedIndex): Parameters<typeof shape> {
  return [key, sparse, expireAfterSeconds];
}

/** Servers answer numbers of several kinds. */
function shape(key: object, sparse: boolean, expireAfterSeconds: unknown): string {
  return `${Object.entries(key).flat().join(' ')} ${sparse} ${String(expireAfterSeconds ?? '')}`;
}
