import type { Category } from '@millrace/contracts';
import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { Document, Projection, Views } from '@millrace/read-models';

const PAGE = 500;

/** A small view's documents in memory: read from the view after a start, then folded from the log by the view's own function. */
export class LiveDocuments<D extends Document> {
  private readonly documents = new Map<string, { readonly document: D; readonly position: Position }>();
  private readonly abort = new AbortController();
  private following: Promise<void> | undefined;

  /** @param projection - its collection needs an index `all`. */
  constructor(
    private readonly ports: { readonly store: EventStore; readonly readModels: Views },
    private readonly projection: Projection<D>,
    private readonly categories: readonly Category[],
    private readonly changed: (id: string, document: D | undefined, before: D | undefined) => void,
  ) {}

  async start(): Promise<void> {
    const checkpoint = await this.ports.readModels.checkpoint(this.projection.name);
    for (let after: string | undefined; ;) {
      const page = await this.ports.readModels.page<D>(this.projection.collection.name, {
        index: 'all',
        equals: [],
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { id, document, position } of page.items) this.documents.set(id, { document, position });
      if (!page.hasMore) break;
      after = page.items.at(-1)?.cursor;
    }
    for (const [id, { document }] of this.documents) this.changed(id, document, undefined);
    this.following = this.follow(checkpoint);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.following;
  }

  get(id: string): D | undefined {
    return this.documents.get(id)?.document;
  }

  *all(): IterableIterator<readonly [string, D]> {
    for (const [id, { document }] of this.documents) yield [id, document];
  }

  private async follow(after: Position): Promise<void> {
    const { signal } = this.abort;
    for await (const batch of this.ports.store.subscribe({ after, categories: this.categories, signal }))
      for (const event of batch.events) this.foldReadable(event);
  }

  /** What this release can't read is not known here: its document goes, the others stay (docs/decisions/0007). */
  private foldReadable(event: RecordedEvent): void {
    try {
      this.fold(event);
    } catch (error) {
      if (!Error.isError(error) || error.name !== 'RangeError') throw error;
      for (const id of this.projection.touches(event)) {
        const known = this.documents.get(id);
        this.documents.delete(id);
        this.changed(id, undefined, known?.document);
      }
    }
  }

  private fold(event: RecordedEvent): void {
    for (const id of this.projection.touches(event)) {
      const known = this.documents.get(id);
      if (known !== undefined && event.position <= known.position) continue;
      const document = this.projection.fold(known?.document, event, id);
      if (document === undefined) this.documents.delete(id);
      else this.documents.set(id, { document, position: event.position });
      this.changed(id, document, known?.document);
    }
  }
}
