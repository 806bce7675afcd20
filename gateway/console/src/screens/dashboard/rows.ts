import type { PipelineRow } from '../../api/generated/operations.js';
import { pipelineLook, type PipelineLook, type Urgency } from '../../parts/look.js';

export const SHOWS = ['all', 'failed', 'person', 'running', 'held'] as const;
export type Show = (typeof SHOWS)[number];

export interface Row {
  readonly row: PipelineRow;
  readonly look: PipelineLook;
}

export interface Listing {
  readonly rows: readonly Row[];
  readonly counts: Readonly<Record<Show, number>>;
}

/**
 * Those that failed first, then those that wait for a person, each the latest first; the rest by name, running or not: what only runs
 * must not jump about.
 */
export function listing(all: Iterable<PipelineRow>, show: Show, search: string): Listing {
  const wanted = search.trim().toLowerCase();
  const counts: Record<Show, number> = { all: 0, failed: 0, person: 0, running: 0, held: 0 };
  const rows: Row[] = [];
  for (const row of all) {
    if (!row.name.toLowerCase().includes(wanted)) continue;
    const look = lookAt(row);
    counts.all += 1;
    if (look.urgency !== 'calm') counts[look.urgency] += 1;
    if (show === 'all' || show === look.urgency) rows.push({ row, look });
  }
  return { rows: rows.toSorted(inOrder), counts };
}

/** A row is looked at once: it is replaced when it changes. */
const looks = new WeakMap<PipelineRow, PipelineLook>();

function lookAt(row: PipelineRow): PipelineLook {
  const look = looks.get(row) ?? pipelineLook(row);
  looks.set(row, look);
  return look;
}

const RANKS: Readonly<Record<Urgency, number>> = { failed: 0, person: 1, running: 2, held: 2, calm: 2 };

function inOrder(a: Row, b: Row): number {
  const rank = RANKS[a.look.urgency] - RANKS[b.look.urgency];
  if (rank !== 0) return rank;
  const [left, right] = [a.look.since ?? '', b.look.since ?? ''];
  if (RANKS[a.look.urgency] < 2 && left !== right) return left < right ? 1 : -1;
  return a.row.name < b.row.name ? -1 : 1;
}
