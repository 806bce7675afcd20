import { globSync, readFileSync } from 'node:fs';
import { platformEventTypes, tokenEventTypes } from './access/index.js';
import { approvalEventTypes } from './approval/index.js';
import { artifactEventTypes } from './artifact/index.js';
import type { EventTypes } from './event.js';
import { executionEventTypes, sourceEventTypes, trafficEventTypes } from './execution/index.js';
import { pipelineEventTypes } from './pipeline-definition/index.js';

/** A row of docs/events.md. */
interface Row {
  readonly context: string;
  readonly stream: string;
  readonly type: string;
  readonly version: number;
  readonly when: string;
  /** Names of members, in order. */
  readonly data: readonly string[];
}

const source = new URL('./', import.meta.url);
const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');

const known: readonly EventTypes<string>[] = [
  pipelineEventTypes,
  sourceEventTypes,
  trafficEventTypes,
  executionEventTypes,
  approvalEventTypes,
  artifactEventTypes,
  tokenEventTypes,
  platformEventTypes,
];

/** Each section says whose events they are, then has a table of them. */
const rows = page.split(/^## /m).flatMap((section): readonly Row[] => {
  const [, context = '', stream = ''] = /^Context `([a-z-]+)`, streams? `([^`]+)`/m.exec(section) ?? [];
  const tables = section.matchAll(/^\| `([A-Z]\w+)` \| (\d+) \| (.+) \| (.+) \|$/gm);
  return [...tables].map(([, type = '', version = '', when = '', data = '']) => ({
    context,
    stream,
    type,
    version: Number(version),
    when,
    data: data.split(', ').map((member) => /^`(\w+)`\??$/.exec(member)?.[1] ?? `not a member: ${member}`),
  }));
});

/** The frozen example of a type in a version. */
function example(type: string, version: number): { readonly data: object } {
  const [file, ...more] = globSync(`**/examples/**/${type}.v${version}.json`, { cwd: source });
  if (file === undefined || more.length > 0) throw new Error(`${type} version ${version} has no example of its own.`);
  return JSON.parse(readFileSync(new URL(file, source), 'utf8')) as { readonly data: object };
}

describe('docs/events.md', () => {
  test('every registry of event types is compared here', () => {
    const declared = globSync('**/*.ts', { cwd: source, exclude: ['**/*.spec.ts'] }).flatMap((file) => [
      ...readFileSync(new URL(file, source), 'utf8').matchAll(/^export const \w+ = eventTypes</gm),
    ]);
    expect(declared).toHaveLength(known.length);
  });

  test('names every event of today, and no other', () => {
    const name = (context: string, type: string, version: number) => `${context} ${type} v${version}`;
    const documented = rows.map(({ context, type, version }) => name(context, type, version));
    const recorded = known.flatMap(({ context, versions }) =>
      Object.entries<number>(versions).map(([type, version]) => name(context, type, version)),
    );
    expect(documented.toSorted()).toEqual(recorded.toSorted());
  });

  test.each(rows)('says of $type where, when and with what data', ({ type, version, stream, when, data }) => {
    expect(stream).toMatch(/^[a-z]+-<project>\/./);
    expect(when).toMatch(/^[A-Z].*\.( .*[.)])?$/);
    expect(data.toSorted()).toEqual(Object.keys(example(type, version).data).toSorted());
  });
});
