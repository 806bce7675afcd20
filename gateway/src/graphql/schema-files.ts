import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `src`, seen from here and from `dist/graphql` alike: the compiler copies no schema. */
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/** The whole schema: every `*.graphql` below `src`, in a fixed order. */
export function readSchema(): readonly string[] {
  return globSync('**/*.graphql', { cwd: SOURCES })
    .sort()
    .map((file) => readFileSync(`${SOURCES}${file}`, 'utf8'));
}
