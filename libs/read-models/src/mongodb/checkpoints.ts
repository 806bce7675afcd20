import type { Position } from '@millrace/event-store';
import type { MongoConnection } from './connection.js';
import { goneBack, isDuplicateKey } from './failures.js';
import type { Generation } from './layout.js';

interface StoredCheckpoint {
  readonly _id: string;
  readonly projection: string;
  readonly position: bigint;
}

/** How far each generation has come. */
export class Checkpoints {
  /** What the server has acknowledged to this process, of a projection, or of a shadow of one. */
  private readonly acknowledged = new Map<string, Position>();

  constructor(private readonly connection: MongoConnection) {}

  /** @throws OperationalError (`READ_MODELS_DAMAGED`) when it lies before what was acknowledged to this process. */
  async of(generation: Generation): Promise<Position> {
    const found = await this.connection.read(() => this.collection().findOne({ _id: generation.id }));
    const position = found === null ? 0n : BigInt(found.position);
    // Whoever folds goes on from what it has folded: to write on top of a gap would hide it for ever.
    if (position < (this.acknowledged.get(keyOf(generation)) ?? 0n)) throw goneBack(generation.projection);
    return position;
  }

  /** Whoever folds it begins again, where the server says. */
  resume(projection: string): void {
    this.acknowledged.delete(projection);
  }

  /** Never back. */
  async move(generation: Generation, position: Position): Promise<void> {
    const { id, projection } = generation;
    try {
      await this.connection.write(() =>
        this.collection().updateOne(
          { _id: id, position: { $lt: position } },
          { $set: { projection, position } },
          { upsert: true },
        ),
      );
    } catch (error) {
      if (!isDuplicateKey((error as { cause?: unknown }).cause)) throw error;
      // It is there already, or two have made the first one at once.
      await this.connection.write(() =>
        this.collection().updateOne({ _id: id, position: { $lt: position } }, { $set: { projection, position } }),
      );
    }
    this.acknowledged.set(keyOf(generation), position);
  }

  async all(): Promise<ReadonlyMap<string, Position>> {
    const found = await this.connection.read(() => this.collection().find().toArray());
    return new Map(found.map(({ _id, position }) => [_id, BigInt(position)]));
  }

  private collection() {
    return this.connection.database.collection<StoredCheckpoint>('checkpoints');
  }
}

function keyOf({ id, projection, role }: Generation): string {
  return role === 'current' ? projection : id;
}
