import { isDeepStrictEqual } from 'node:util';
import type { Position } from '@millrace/event-store';
import type { Document, IndexDeclaration, Projection, ReadModels, StoredDocument } from '@millrace/read-models';
import type { Findings } from './findings.js';
import { breathe, type Work } from './progress.js';

/** A view as it is served and as the log says it must be, at the same position. */
export interface ViewPair {
  readonly projection: Projection;
  readonly served: Reading;
  readonly folded: Reading;
  readonly position: Position;
  readonly findings: Findings;
}

type Reading = Pick<ReadModels, 'declare' | 'page' | 'getMany' | 'count'>;

/** Every document is in it: no document has the field, and an index that is not sparse takes that for null. */
export const EVERYTHING: IndexDeclaration = { name: 'everything', fields: ['everything__'] };

const PAGE_DOCUMENTS = 500;
const MEMBERS_NAMED_MAX = 5;
const ADVICE = (name: string): string =>
  `Fold it anew with \`millrace rebuild ${name}\`: nothing is lost, every view is made from the log.`;

/** @returns how many documents were compared. */
export async function compareView(pair: ViewPair, work: Work): Promise<number> {
  const { projection, served, folded } = pair;
  const { name, collection } = projection;
  await served.declare(name, [collection]);
  let compared = 0;
  let matched = 0;
  for await (const page of pages(served, collection.name, EVERYTHING.name)) {
    const expected = await folded.getMany(
      collection.name,
      page.map(({ id }) => id),
    );
    page.forEach((document, at) => compareDocument(pair, document, expected[at]));
    compared += page.length;
    matched += expected.filter((document) => document !== undefined).length;
    work.onProgress({ step: 'documents', done: compared });
    await breathe(work);
  }
  if (matched < (await folded.count(collection.name))) await nameMissing(pair, work);
  for (const index of collection.indexes) if (index !== EVERYTHING) await compareIndex(pair, index, work);
  return compared;
}

function compareDocument(pair: ViewPair, served: StoredDocument, expected: StoredDocument | undefined): void {
  const { projection, position, findings } = pair;
  const report = (what: string): void =>
    findings.add(
      'VIEW_DIFFERS',
      `view ${projection.name}, document ${served.id}`,
      `${what} up to position ${position}. ${ADVICE(projection.name)}`,
    );
  if (expected === undefined) return report('The document is there, but not in a fold of the log');
  if (served.position !== expected.position)
    return report(`It says it was folded up to position ${served.position}; position ${expected.position} is right`);
  const members = differingMembers(served.document, expected.document);
  if (members.length > 0) report(`Its ${members.join(', ')} differ from what a fold of the log makes`);
}

function differingMembers(served: Document, expected: Document): readonly string[] {
  const names = new Set([...Object.keys(served), ...Object.keys(expected)]);
  const differing = [...names].filter((name) => !isDeepStrictEqual(served[name], expected[name]));
  const beyond = differing.length - MEMBERS_NAMED_MAX;
  return beyond > 0 ? [...differing.slice(0, MEMBERS_NAMED_MAX), `${beyond} more`] : differing;
}

async function nameMissing({ projection, served, folded, position, findings }: ViewPair, work: Work): Promise<void> {
  const { name, collection } = projection;
  for await (const page of pages(folded, collection.name, EVERYTHING.name)) {
    const ids = page.map(({ id }) => id);
    const found = await served.getMany(collection.name, ids);
    ids.forEach((id, at) => {
      if (found[at] === undefined)
        findings.add(
          'VIEW_DIFFERS',
          `view ${name}, document ${id}`,
          `The document is missing; the log up to position ${position} makes it. ${ADVICE(name)}`,
        );
    });
    await breathe(work);
  }
}

/** What is found through an index, and in which order. */
async function compareIndex(pair: ViewPair, index: IndexDeclaration, work: Work): Promise<void> {
  const { projection, served, folded, findings } = pair;
  const { name, collection } = projection;
  const expected = pages(folded, collection.name, index.name);
  const differs = (): void =>
    findings.add(
      'VIEW_DIFFERS',
      `view ${name}, index ${index.name}`,
      `Its order, or what is found by it, differs from that of a fold of the log. ${ADVICE(name)}`,
    );
  for await (const page of pages(served, collection.name, index.name)) {
    const { value = [] } = await expected.next();
    if (!isDeepStrictEqual(page.map(idOf), value.map(idOf))) return differs();
    await breathe(work);
  }
  if ((await expected.next()).done !== true) differs();
}

const idOf = ({ id }: StoredDocument): string => id;

async function* pages(
  from: Reading,
  collection: string,
  index: string,
): AsyncGenerator<readonly StoredDocument[], undefined> {
  let after: string | undefined;
  for (;;) {
    const page = await from.page(collection, {
      index,
      equals: [],
      limit: PAGE_DOCUMENTS,
      ...(after === undefined ? {} : { after }),
    });
    if (page.items.length > 0) yield page.items;
    after = page.items.at(-1)?.cursor;
    if (!page.hasMore || after === undefined) return undefined;
  }
}
