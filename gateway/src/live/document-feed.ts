import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { Document, Projection, Projector, Views } from '@millrace/read-models';
import type { DocumentChange, DocumentSelection, LiveIterator, Logger } from '../ports.js';
import { liveIterator } from './live-iterator.js';

/** How long one wait for the views lasts; there is always another. */
const VIEWS_WAIT_MS = 1_000;

export interface DocumentFeedOptions {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly projector: Pick<Projector, 'reached'>;
  /** Which event touches which document. */
  readonly projections: readonly Pick<Projection, 'collection' | 'touches'>[];
  readonly logger: Logger;
}

/**
 * One follower of the log for all who watch documents (docs/decisions/0014). Once the views have passed an event, it marks the documents
 * that it touches, and whoever watches one of them reads it. What is marked twice before it is read is read once. Not marked before: who
 * begins to watch while the views are on their way would read the state before the event, and never hear of it.
 */
export class DocumentFeed {
  readonly #watchers = new Map<string, Watchers>();
  readonly #ending = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(private readonly options: DocumentFeedOptions) {}

  static async start(options: DocumentFeedOptions): Promise<DocumentFeed> {
    const feed = new DocumentFeed(options);
    const { position } = await options.store.head();
    feed.#following = feed.#follow(position).catch((error: unknown) => {
      feed.#failure = error;
      options.logger.error({ error }, 'The live feed has stopped');
      for (const watcher of feed.#all()) watcher.fail(error);
    });
    return feed;
  }

  /** What stopped it, if something did. */
  get failure(): unknown {
    return this.#failure;
  }

  watch<D extends Document>(selection: DocumentSelection): LiveIterator<DocumentChange<D>> {
    if (!this.options.projections.some(({ collection }) => collection.name === selection.collection))
      throw new Error(`No projection fills the collection ${selection.collection}.`);
    const watcher = new Watcher(selection, this.options.readModels);
    const watchers = this.#watchers.get(selection.collection) ?? new Watchers();
    this.#watchers.set(selection.collection, watchers);
    watchers.add(watcher);
    if (this.#failure !== undefined) watcher.fail(this.#failure);
    return liveIterator<DocumentChange<D>>(
      (signal) => watcher.next(signal) as Promise<DocumentChange<D> | undefined>,
      () => {
        watcher.end();
        watchers.delete(watcher);
      },
    );
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
    for (const watcher of this.#all()) watcher.end();
  }

  *#all(): Iterable<Watcher> {
    for (const watchers of this.#watchers.values()) yield* watchers.all();
  }

  async #follow(after: Position): Promise<void> {
    const { signal } = this.#ending;
    for await (const batch of this.options.store.subscribe({ after, signal })) {
      if (!(await this.#viewsReach(batch.checkpoint))) return;
      const touched = batch.events.flatMap((event) => this.#mark(event));
      for (const watcher of new Set(touched)) watcher.wake();
    }
  }

  /** The watchers of a document that the event touches. */
  #mark(event: RecordedEvent): readonly Watcher[] {
    const marked: Watcher[] = [];
    for (const projection of this.options.projections) {
      const watchers = this.#watchers.get(projection.collection.name);
      if (watchers === undefined || watchers.empty) continue;
      for (const id of this.#touched(projection, event)) marked.push(...watchers.mark(id, event.position));
    }
    return marked;
  }

  /** A view that does not know an event has stopped there (docs/decisions/0007); the others are watched on. */
  #touched(
    { collection, touches }: Pick<Projection, 'collection' | 'touches'>,
    event: RecordedEvent,
  ): readonly string[] {
    try {
      return touches(event);
    } catch (error) {
      this.options.logger.warn(
        { error, collection: collection.name, type: event.type },
        'The live feed met an unknown event',
      );
      return [];
    }
  }

  async #viewsReach(position: Position): Promise<boolean> {
    while (!this.#ending.signal.aborted) if (await this.options.projector.reached(position, VIEWS_WAIT_MS)) return true;
    return false;
  }
}

/** Who watches a collection: found by id without asking everybody. */
class Watchers {
  readonly #byId = new Map<string, Set<Watcher>>();
  readonly #byPrefix = new Set<Watcher>();

  get empty(): boolean {
    return this.#byId.size === 0 && this.#byPrefix.size === 0;
  }

  add(watcher: Watcher): void {
    const { ids } = watcher.selection;
    if (ids === undefined) this.#byPrefix.add(watcher);
    for (const id of ids ?? []) this.#byId.set(id, (this.#byId.get(id) ?? new Set()).add(watcher));
  }

  delete(watcher: Watcher): void {
    this.#byPrefix.delete(watcher);
    for (const id of watcher.selection.ids ?? []) {
      const watchers = this.#byId.get(id);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#byId.delete(id);
    }
  }

  /** Marks the document for all who watch it, and returns them. */
  mark(id: string, position: Position): readonly Watcher[] {
    const marked = [...(this.#byId.get(id) ?? [])];
    for (const watcher of this.#byPrefix) if (id.startsWith(watcher.selection.idPrefix ?? '')) marked.push(watcher);
    for (const watcher of marked) watcher.mark(id, position);
    return marked;
  }

  *all(): Iterable<Watcher> {
    yield* this.#byPrefix;
    for (const watchers of this.#byId.values()) yield* watchers;
  }
}

/** One subscriber's marks. Bounded by the number of documents it watches. */
class Watcher {
  /** To be read and pushed, in the order of their events. */
  readonly #marked = new Map<string, Position>();
  /** Position of the state that was pushed last, of documents that are watched by id. */
  readonly #pushed = new Map<string, Position>();
  #wake: (() => void) | undefined;
  #failure: unknown;
  #ended = false;

  constructor(
    readonly selection: DocumentSelection,
    private readonly readModels: Views,
  ) {
    for (const id of selection.ids ?? []) this.#marked.set(id, 0n);
  }

  mark(id: string, position: Position): void {
    this.#marked.set(id, position);
  }

  wake(): void {
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(signal: AbortSignal): Promise<DocumentChange | undefined> {
    while (!signal.aborted && !this.#ended) {
      if (this.#failure !== undefined) throw this.#failure;
      const [first] = this.#marked;
      if (first === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
        continue;
      }
      const change = await this.#read(...first);
      if (change !== undefined) return change;
    }
    return undefined;
  }

  async #read(id: string, position: Position): Promise<DocumentChange | undefined> {
    this.#marked.delete(id);
    const { collection, ids } = this.selection;
    const stored = await this.readModels.get(collection, id);
    const at = stored?.position ?? position;
    // A state may have more than one event's marks in it.
    if (ids !== undefined && stored !== undefined && this.#pushed.get(id) === at) return undefined;
    if (ids !== undefined) this.#pushed.set(id, at);
    return { collection, id, position: at, document: stored?.document };
  }
}
