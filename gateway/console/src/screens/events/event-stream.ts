import { ask } from '../../api/client.js';
import { Events, type EventFilter, type EventLine } from '../../api/generated/operations.js';
import { isOlder } from '../../state/documents.js';

export interface EventsSnapshot {
  /** Latest first. */
  readonly events: readonly EventLine[];
  readonly hasOlder: boolean;
  readonly isRead: boolean;
}

const PAGE = 50;
/** Kept while it is watched; the oldest give way, and are read again when they are asked for. */
const EVENTS_MAX = 2_000;

/** The latest events and those to come: a page from the end, then the subscription behind it, without gap or repeat. */
export class EventStream {
  #events: readonly EventLine[] = [];
  #hasOlder = false;
  #isRead = false;
  /** Everything up to here was read, whether it passed the filter or not. */
  #cursor: string | undefined;
  #older: string | undefined;
  #snapshot: EventsSnapshot | undefined;
  readonly #listeners = new Set<() => void>();
  readonly filter: EventFilter;

  constructor(filter: EventFilter) {
    this.filter = filter;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  snapshot(): EventsSnapshot {
    this.#snapshot ??= { events: this.#events, hasOlder: this.#hasOlder, isRead: this.#isRead };
    return this.#snapshot;
  }

  /** Where the subscription goes on. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Once: where the log ends, then the last events up to there. */
  async open(): Promise<void> {
    if (this.#isRead) return;
    const { events: last } = await ask(Events, { first: 1 });
    this.#cursor ??= last.nodes[0]?.position;
    await this.readOlder();
  }

  async readOlder(): Promise<void> {
    const before = this.#older;
    const { events } = await ask(Events, {
      first: PAGE,
      filter: this.filter,
      ...(before === undefined ? {} : { before }),
    });
    this.#older = events.pageInfo.endCursor ?? before;
    this.#hasOlder = events.pageInfo.hasNextPage;
    this.#isRead = true;
    const oldest = this.#events.at(-1)?.position;
    const older = events.nodes.filter(({ position }) => oldest === undefined || isOlder(position, oldest));
    this.#events = [...this.#events, ...older];
    this.#tell();
  }

  appended(event: EventLine): void {
    const [latest] = this.#events;
    // The page from the end and the subscription's backlog overlap.
    if (latest !== undefined && !isOlder(latest.position, event.position)) return;
    this.#cursor = event.position;
    this.#events = [event, ...this.#events];
    if (this.#events.length > EVENTS_MAX) {
      this.#events = this.#events.slice(0, EVENTS_MAX);
      this.#older = this.#events.at(-1)?.position;
      this.#hasOlder = true;
    }
    this.#tell();
  }

  #tell(): void {
    this.#snapshot = undefined;
    for (const listener of this.#listeners) listener();
  }
}
