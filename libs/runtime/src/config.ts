import type { z } from 'zod';

/** Every fault of a configuration, for people. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
}

export interface ParseConfigOptions {
  /** Variables that begin so are ours: one that the schema does not know is a fault (a misspelt name is otherwise silently without effect). */
  readonly prefix?: string;
}

/**
 * The environment as a configuration; names every fault at once. Values never appear in messages: one of them may be a secret.
 *
 * @param schema - an object with the variables' names as keys; empty variables count as absent.
 * @throws ConfigurationError
 */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
  options: ParseConfigOptions = {},
): z.output<S> {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const known = new Set(Object.keys(schema.shape));
  const faults = given
    .filter(([name]) => options.prefix !== undefined && name.startsWith(options.prefix) && !known.has(name))
    .map(([name]) => `${name}: is not a known setting.${similarTo(name, known)}`);
  const parsed = schema.safeParse(Object.fromEntries(given.filter(([name]) => known.has(name))));
  if (!parsed.success)
    faults.push(
      ...parsed.error.issues.map(
        ({ path, message }) => `${path.map(String).join('.') || 'the configuration'}: ${message}`,
      ),
    );
  if (faults.length > 0 || !parsed.success) throw new ConfigurationError(faults);
  return parsed.data;
}

/** Names that differ by a letter or two that was left out, added, changed or swapped. */
function similarTo(name: string, known: ReadonlySet<string>): string {
  const nearest = [...known]
    .map((each) => ({ each, distance: distance(name, each) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= 2 ? ` Did you mean ${nearest.each}?` : '';
}

/** Levenshtein's, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
