import type { MongoConnection } from './connection.js';
import { generationOf } from './layout.js';
import type { Layout, LayoutStore } from './layout.js';

/** Drops what nobody reads any more, when the last reader that may have begun before is done. */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    private readonly connection: MongoConnection,
    private readonly layouts: LayoutStore,
    private readonly options: { readonly afterMs: number; readonly changed: (layout: Layout) => void },
  ) {}

  /** Some time later, once for all that was discarded until then. */
  schedule(): void {
    if (this.timer !== undefined || this.ended) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // MongoDB is away, say. It is only room that is lost, until the next start.
      this.sweep().catch(() => undefined);
    }, this.options.afterMs);
    this.timer.unref();
  }

  close(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private async sweep(): Promise<void> {
    const before = Date.now() - this.options.afterMs;
    const layout = await this.layouts.change((generations) => {
      const kept = generations.filter(({ discardedAt }) => discardedAt === undefined || discardedAt > before);
      return kept.length === generations.length ? generations : kept;
    });
    this.options.changed(layout);
    await this.dropUnknown();
    if (layout.generations.some(({ role }) => role === 'discarded')) this.schedule();
  }

  /** A generation is in its log's layout before any collection of it is made: one that is in none was taken out of it. */
  private async dropUnknown(): Promise<void> {
    const names = await this.connection.read((database) => database.listCollections({}, { nameOnly: true }).toArray());
    const known = await this.layouts.everyGeneration();
    for (const { name } of names) {
      const generation = generationOf(name);
      if (generation === undefined || known.has(generation)) continue;
      await this.connection.write((database) => database.collection(name).drop());
      await this.connection.write((database) =>
        database.collection<{ _id: string }>('checkpoints').deleteOne({ _id: generation }),
      );
    }
  }
}
