/**
 * Patterns of `files`: `*` any part of one name, `**` any number of names, `?` one character; everything else is itself. Matching takes
 * at most (length of pattern × length of path) steps: no pattern can hold the event loop up, as it could with a regular expression.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  return matchSequence(pattern.replace(/^\.\//, '').split('/'), path.split('/'), {
    isStar: (segment) => segment === '**',
    matches: matchesName,
  });
}

function matchesName(pattern: string, name: string): boolean {
  return matchSequence([...pattern], [...name], {
    isStar: (character) => character === '*',
    matches: (wanted, character) => wanted === '?' || wanted === character,
  });
}

interface Rules {
  isStar(wanted: string): boolean;
  matches(wanted: string, found: string): boolean;
}

/** The greedy algorithm: only the last star is ever tried again, since an earlier one can't do better. */
function matchSequence(wanted: readonly string[], found: readonly string[], rules: Rules): boolean {
  let w = 0;
  let star = -1;
  let starFound = 0;
  for (let f = 0; f < found.length;) {
    const next = wanted[w];
    if (next !== undefined && rules.isStar(next)) {
      star = w++;
      starFound = f;
    } else if (next !== undefined && rules.matches(next, found[f] ?? '')) {
      w++;
      f++;
    } else if (star >= 0) {
      w = star + 1;
      f = ++starFound;
    } else return false;
  }
  return wanted.slice(w).every((rest) => rules.isStar(rest));
}

/** Why a pattern is not accepted, or undefined. */
export function globFault(pattern: string): string | undefined {
  if (pattern === '' || pattern.length > 1_000) return 'must have 1 to 1000 characters';
  if (pattern.startsWith('/') || pattern.split('/').includes('..')) return 'must lie inside the directory';
  return undefined;
}
