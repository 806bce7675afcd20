import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '../projector.js';

/** Small but complete: documents come, change, move in their index and go; what it does not know stops it. */
export function countsProjection(
  name: string,
  collection: string,
  options: { readonly knows?: readonly string[]; readonly seen?: (event: RecordedEvent) => void } = {},
): Projection {
  const knows = options.knows ?? ['Counted', 'Reset', 'Noted'];
  return {
    name,
    collection: { name: collection, indexes: [{ name: 'byCount', fields: ['count'] }] },
    touches: (event) => {
      options.seen?.(event);
      if (event.type === 'Noted') return [];
      const { ids } = event.data;
      return Array.isArray(ids) ? (ids as readonly string[]) : [event.stream];
    },
    fold: (document, event, id) => {
      if (!knows.includes(event.type)) throw new RangeError(`Unknown event ${event.type}.`);
      if (event.type === 'Reset') return undefined;
      const by = typeof event.data['by'] === 'number' ? event.data['by'] : 1;
      const count = typeof document?.['count'] === 'number' ? document['count'] : 0;
      return { id, count: count + by, lastRevision: event.revision };
    },
  };
}
