const LENGTH_MAX = 64;
/** Beyond this many typing errors nobody meant it. */
const DISTANCE_MAX = 4;
/** A hint is a courtesy; it must not cost more than the rest of the answer. */
const CANDIDATES_MAX = 50;

/** The candidate that `text` was probably meant to be, or undefined. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const wanted = text.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(DISTANCE_MAX, Math.max(1, Math.floor(text.length / 3))) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if ((looked += 1) > CANDIDATES_MAX) break;
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance - 1);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean 'x'?`, or nothing: the end of a message about an unknown name. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const candidate = nearest(text, candidates);
  return candidate === undefined ? '' : ` Did you mean '${candidate}'?`;
}

/** More than any distance. */
const FAR = 1_000;

/** Levenshtein, one row at a time and only near the diagonal; FAR when it is more than `max`. */
function editDistance(from: string, to: string, max: number): number {
  if (from.length - to.length > max || to.length - from.length > max) return FAR;
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 1; index <= from.length; index += 1) {
    row = nextRow({ row, to, max, index, character: from[index - 1] });
    if (row.every((cost) => cost > max)) return FAR;
  }
  const distance = row[to.length] ?? FAR;
  return distance > max ? FAR : distance;
}

interface Row {
  readonly row: readonly number[];
  readonly to: string;
  readonly max: number;
  readonly index: number;
  readonly character: string | undefined;
}

function nextRow({ row, to, max, index, character }: Row): readonly number[] {
  const next: number[] = [];
  for (let column = 0; column <= to.length; column += 1) {
    const isNear = column >= index - max && column <= index + max;
    next.push(isNear ? costAt({ row, next, column }, character === to[column - 1]) : FAR);
  }
  return next;
}

interface Cell {
  readonly row: readonly number[];
  readonly next: readonly number[];
  readonly column: number;
}

/** The least of replacing (or keeping), leaving out and putting in one character. */
function costAt({ row, next, column }: Cell, same: boolean): number {
  const replaced = column === 0 ? FAR : (row[column - 1] ?? FAR) + (same ? 0 : 1);
  const removed = (row[column] ?? FAR) + 1;
  const added = column === 0 ? FAR : (next[column - 1] ?? FAR) + 1;
  const least = replaced < removed ? replaced : removed;
  return least < added ? least : added;
}
