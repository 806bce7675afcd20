// Numbers and how they are told.

/** @param {number[]} values @param {number} share 0 to 1 */
export function percentile(values, share) {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => percentile(values, 0.5);

/** What `--json` writes of one measurement; `ratio` is value to reference, whichever of them is better when it is larger. */
export function figure(name, value, unit, reference) {
  return { name, value, unit, reference, ratio: value / reference };
}

/** @param {string} against what the reference is, e.g. `bar`, `bare SQLite`. */
export function say(log, { name, value, unit, reference, ratio }, against) {
  log(`${name.padEnd(56)} ${number(value)} ${unit}, ${against} ${number(reference)}, ratio ${ratio.toFixed(2)}`);
}

export function number(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
