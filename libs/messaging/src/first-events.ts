import type { StreamName } from '@millrace/contracts';
import type { EventStore, RecordedEvent } from '@millrace/event-store';

const CACHED_MAX = 2_000;

/** Reads the first event of a stream. Undefined: the stream does not exist (yet). */
export type FirstEvents = (stream: StreamName) => Promise<RecordedEvent | undefined>;

/**
 * What a policy may read beside its own event: the first event of a stream, since that can never change. The least recently asked
 * for is forgotten first.
 *
 * @param cachedMax - events kept in memory, 1 or more.
 */
export function firstEvents(store: Pick<EventStore, 'readStream'>, cachedMax: number = CACHED_MAX): FirstEvents {
  const cached = new Map<StreamName, RecordedEvent>();
  return async (stream) => {
    const known = cached.get(stream);
    cached.delete(stream);
    const first = known ?? (await store.readStream(stream, { limit: 1 })).events[0];
    if (first === undefined) return undefined;
    cached.set(stream, first);
    const [oldest] = cached.keys();
    if (cached.size > cachedMax && oldest !== undefined) cached.delete(oldest);
    return first;
  };
}
