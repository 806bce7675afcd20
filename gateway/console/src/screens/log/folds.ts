import type { Line } from './log-window.js';

/** What the runner writes of its own before each command or phase (services/runner, shell-script.ts): what follows belongs to it. */
const HEADING = /^\[millrace\] (?!>)/;

export function isHeading({ text }: Line): boolean {
  return HEADING.test(text);
}

/**
 * The indices of the lines that are seen where some headings are folded: a folded one stands for all up to the next.
 *
 * @returns undefined when nothing is folded: then all are.
 */
export function unfolded(lines: readonly Line[], folded: ReadonlySet<number>): readonly number[] | undefined {
  if (folded.size === 0) return undefined;
  const seen: number[] = [];
  let isHidden = false;
  for (const [index, line] of lines.entries()) {
    const heads = isHeading(line);
    if (heads || !isHidden) seen.push(index);
    if (heads) isHidden = folded.has(line.offset);
  }
  return seen;
}
