import type { EventStore } from '@millrace/event-store';
import type { Projector } from '@millrace/read-models';
import { PublicError } from '../graphql/public-error.js';
import type { Visibility } from '../ports.js';
import { formatCursor, parseCursor } from './cursor.js';

const VISIBLE_WITHIN_MS = 2_000;

export function visibility(store: Pick<EventStore, 'logId'>, projector: Pick<Projector, 'reached'>): Visibility {
  const positionOf = (cursor: string) => parseCursor(store.logId, cursor);
  return {
    positionOf,
    cursorOf: (position) => formatCursor(store.logId, position),
    async awaitVisible(position, timeoutMs = VISIBLE_WITHIN_MS) {
      return position === undefined || projector.reached(position, timeoutMs);
    },
    async awaitCursor(cursor) {
      if (cursor === null || cursor === undefined) return;
      if (await projector.reached(positionOf(cursor), VISIBLE_WITHIN_MS)) return;
      throw new PublicError('NOT_YET_VISIBLE', 'The views have not come that far yet. Ask again in a moment.', 503);
    },
  };
}
