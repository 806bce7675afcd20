import type { Position } from '@millrace/event-store';
import { badInput, PublicError } from '../graphql/public-error.js';

const CURSOR = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9]\d{0,18})$/;

/** A position as it leaves the house: `<logId>.<position>` (docs/decisions/0009). */
export function formatCursor(logId: string, position: Position): string {
  return `${logId}.${position}`;
}

/**
 * @throws PublicError `CURSOR_FROM_ANOTHER_LOG` or `BAD_USER_INPUT`.
 */
export function parseCursor(logId: string, cursor: string): Position {
  const [, log, position] = CURSOR.exec(cursor) ?? [];
  if (log === undefined || position === undefined)
    throw badInput('A position looks like `<log id>.<number>`: give back one that you were given.');
  if (log !== logId)
    throw new PublicError(
      'CURSOR_FROM_ANOTHER_LOG',
      'This position belongs to another log: the installation was replaced or restored. Begin anew without it.',
    );
  return BigInt(position);
}
