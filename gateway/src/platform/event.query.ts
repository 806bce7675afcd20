import type { EventStore, Position, ReadAllOptions, RecordedEvent } from '@millrace/event-store';
import type { Visibility } from '../ports.js';
import type { ViewPage } from '../views/connection.js';
import { matches, type EventWish } from './event-filter.js';

/** Events looked at for one page at most; a filter that finds fewer says how far it has come. */
const LOOKED_AT_MAX = 10_000;
const PAGE = 1_000;

export interface EventPageWish {
  readonly first: number;
  readonly after: Position | undefined;
  readonly before: Position | undefined;
}

/** One bounded page of the log. */
export class EventQuery {
  constructor(
    private readonly store: Pick<EventStore, 'readAll'>,
    private readonly visibility: Pick<Visibility, 'cursorOf'>,
  ) {}

  async page(wish: EventWish, { first, after, before }: EventPageWish): Promise<ViewPage<RecordedEvent>> {
    const direction = after === undefined ? 'backwards' : 'forwards';
    const found: RecordedEvent[] = [];
    let at = after ?? before;
    for (let looked = 0; looked < LOOKED_AT_MAX; looked += PAGE) {
      const batch = await this.store.readAll({ direction, limit: PAGE, ...readFrom(at), ...readOnly(wish) });
      const matching = batch.events.filter((event) => matches(wish, event));
      found.push(...matching.slice(0, first - found.length));
      at = batch.checkpoint;
      // Full: what is behind the last one has not been shown, even if it was looked at.
      if (found.length === first) return this.present(found, !batch.caughtUp || matching.at(-1) !== found.at(-1));
      if (batch.caughtUp) return this.present(found, false, at);
    }
    return this.present(found, true, at);
  }

  private present(
    events: readonly RecordedEvent[],
    hasMore: boolean,
    end: Position | undefined = events.at(-1)?.position,
  ): ViewPage<RecordedEvent> {
    return {
      items: events.map((event) => ({
        id: event.metadata.id,
        position: event.position,
        document: event,
        cursor: this.visibility.cursorOf(event.position),
      })),
      hasMore,
      ...(end === undefined ? {} : { endCursor: this.visibility.cursorOf(end) }),
    };
  }
}

function readFrom(at: Position | undefined): { readonly after?: Position } {
  return at === undefined ? {} : { after: at };
}

function readOnly({ categories }: EventWish): Pick<ReadAllOptions, 'categories'> {
  return categories === undefined ? {} : { categories };
}
