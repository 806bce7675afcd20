import type { Snapshot, Snapshots } from '@millrace/event-store';
import type { MongoConnection } from './connection.js';
import { isDuplicateKey } from './failures.js';

interface StoredSnapshot {
  /** Decider and stream. */
  readonly _id: string;
  readonly version: number;
  readonly revision: number;
  /** As text, for the reason that documents are. */
  readonly snapshot: string;
}

/** What one document of MongoDB takes, less some room for the rest of it. */
const SNAPSHOT_BYTES_MAX = 16_000_000;

/**
 * One snapshot a stream and decider, the last that was saved (docs/decisions/0006). Several processes save: an older one does not take the
 * place of a newer, which would cost time.
 */
export class MongoSnapshots implements Snapshots {
  constructor(private readonly connection: MongoConnection) {}

  async load(...[stream, decider]: Parameters<Snapshots['load']>): Promise<Snapshot | undefined> {
    const found = await this.connection.read(() => this.collection().findOne({ _id: idOf(stream, decider) }));
    return found?.version === decider.version ? (JSON.parse(found.snapshot) as Snapshot) : undefined;
  }

  /** One that is too large is not kept: the stream is then folded from its beginning. */
  async save(...[stream, decider, snapshot]: Parameters<Snapshots['save']>): Promise<void> {
    const _id = idOf(stream, decider);
    const { version } = decider;
    const { revision } = snapshot.head;
    const row: StoredSnapshot = { _id, version, revision, snapshot: JSON.stringify(snapshot) };
    if (Buffer.byteLength(row.snapshot) > SNAPSHOT_BYTES_MAX) return;
    try {
      await this.connection.write(() =>
        this.collection().replaceOne(
          { _id, $or: [{ version: { $ne: version } }, { revision: { $lt: revision } }] },
          row,
          { upsert: true },
        ),
      );
    } catch (error) {
      if (!isDuplicateKey((error as { cause?: unknown }).cause)) throw error;
    }
  }

  private collection() {
    return this.connection.database.collection<StoredSnapshot>('snapshots');
  }
}

function idOf(stream: string, { name }: { readonly name: string }): string {
  return `${name} ${stream}`;
}
