import type { EventBatch, EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { EventFilter, LiveEvent, LiveIterator } from '../ports.js';
import { formatCursor, parseCursor } from './cursor.js';
import { liveIterator } from './live-iterator.js';

const BATCH_EVENTS = 100;

/** Backlog, then live, pulled from the log itself: at most one batch is held. */
export function followEvents(
  store: EventStore,
  after: string | null | undefined,
  filter: EventFilter,
): LiveIterator<LiveEvent> {
  const start = startOf(store, after);
  // Asked for at once, so that "from now on" is now; it is looked at by the first pull.
  start.catch(() => undefined);
  let source: AsyncIterator<EventBatch> | undefined;
  let ready: readonly RecordedEvent[] = [];
  let index = 0;
  return liveIterator(async (signal) => {
    source ??= store
      .subscribe({
        after: await start,
        batchMax: BATCH_EVENTS,
        signal,
        ...(filter.categories === undefined ? {} : { categories: filter.categories }),
      })
      [Symbol.asyncIterator]();
    while (!signal.aborted) {
      const event = ready[index];
      if (event !== undefined) {
        index += 1;
        if (passes(event, filter)) return { cursor: formatCursor(store.logId, event.position), event };
        continue;
      }
      const next = await source.next();
      if (next.done === true) return undefined;
      ready = next.value.events;
      index = 0;
    }
    return undefined;
  });
}

async function startOf(store: EventStore, after: string | null | undefined): Promise<Position> {
  if (after === null) return 0n;
  return after === undefined ? (await store.head()).position : parseCursor(store.logId, after);
}

/** All members that are given must hold. */
export function passes({ metadata, category, type }: RecordedEvent, filter: EventFilter): boolean {
  const { project, categories, types, pipelineId } = filter;
  return (
    metadata.project === project &&
    (categories?.includes(category) ?? true) &&
    (types?.includes(type) ?? true) &&
    (pipelineId === undefined || metadata.pipelineId === pipelineId)
  );
}
