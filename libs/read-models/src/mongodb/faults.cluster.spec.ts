import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongoDb } from '@millrace/mongodb-stand-in/testing';
import type { MongoDbStandIn } from '@millrace/mongodb-stand-in/testing';
import { createProjector } from '../log-projector.js';
import type { Projector, ProjectorOptions } from '../projector.js';
import type { Document } from '../read-models.js';
import { countsProjection } from '../testing/counts.projection.js';
import { execution, newEvent, record } from '../testing/events.js';
import { InMemoryEventStore } from '../testing/in-memory-event-store.js';
import { MongoReadModels } from './mongo-read-models.js';
import { AnswerCutter } from './testing/answer-cutter.js';

/** A stand-in always: a real server is not ours to stop. */
const WITHIN_MS = 30_000;
const COUNTS = 'test.counts.v1';
const KEYS = 5;

let directory = '';
let server: MongoDbStandIn;
let store: InMemoryEventStore;
let closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-mongodb-'));
  server = await startMongoDb(directory);
  store = new InMemoryEventStore();
  closing = [];
});

afterEach(async () => {
  server.thaw();
  for (const close of closing.toReversed()) await close();
  await server.end();
  rmSync(directory, { recursive: true, force: true });
});

async function opened(port = server.port): Promise<MongoReadModels> {
  const connectionString = `mongodb://127.0.0.1:${port}`;
  const readModels = await MongoReadModels.open({ connectionString, timeoutMs: 1_000 });
  closing.push(() => readModels.close());
  return readModels;
}

async function started(readModels: MongoReadModels, more: Partial<ProjectorOptions> = {}): Promise<Projector> {
  const projections = [countsProjection(COUNTS, 'counts')];
  const projector = createProjector({ store, readModels, projections, batchEventsMax: 20, ...more });
  closing.push(() => projector.stop());
  await projector.start();
  return projector;
}

/** Counts up, and now and then removes a document. */
async function recordSome(from: number, events: number): Promise<bigint> {
  let last = 0n;
  for (let at = from; at < from + events; at += 1)
    last = await record(store, execution(`k${at % KEYS}`), newEvent(at % 17 === 16 ? 'Reset' : 'Counted', {}));
  return last;
}

/** What the documents have to be: the log, folded from its beginning. */
async function folded(): Promise<readonly (Document | undefined)[]> {
  const projection = countsProjection('fresh.v1', 'fresh');
  const documents = new Map<string, Document | undefined>();
  const { events } = await store.readAll({ limit: 100_000 });
  for (const event of events)
    documents.set(event.stream, projection.fold(documents.get(event.stream), event, event.stream));
  return keys().map((key) => documents.get(key));
}

const keys = (): readonly string[] => Array.from({ length: KEYS }, (_, at) => execution(`k${at}`));

async function stored(readModels: MongoReadModels): Promise<readonly (Document | undefined)[]> {
  return (await readModels.getMany('counts', keys())).map((found) => found?.document);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a server that is stopped and started while events come is caught up with', async () => {
  const readModels = await opened();
  const retried: string[] = [];
  const projector = await started(readModels, { onRetry: ({ code }) => retried.push(code) });
  await projector.reached(await recordSome(0, 50), WITHIN_MS);

  for (let round = 1; round <= 2; round += 1) {
    const { port } = server;
    await server.end();
    const recorded = recordSome(round * 50, 50);
    expect(await failureOf(readModels.get('counts', 'x'))).toMatchObject({ name: 'OperationalError', retryable: true });
    const before = retried.length;
    while (retried.length === before) await new Promise((resolve) => setImmediate(resolve));
    server = await startMongoDb(directory, { port });
    expect(await projector.reached(await recorded, WITHIN_MS)).toBe(true);
    expect(await stored(readModels)).toEqual(await folded());
  }
  expect(projector.status()).toMatchObject([{ lag: 0 }]);
});

test('connections that are cut between request and answer lose nothing and double nothing', async () => {
  const cutter = await AnswerCutter.before(server.port);
  closing.push(() => cutter.close());
  const readModels = await opened(cutter.port);
  const projector = await started(readModels);
  let last = 0n;
  for (let at = 0; cutter.cuts < 25; at += 10) {
    cutter.cutAtNextAnswer();
    last = await recordSome(at, 10);
    expect(await projector.reached(last, WITHIN_MS)).toBe(true);
  }
  const direct = await opened();
  expect(await stored(direct)).toEqual(await folded());
  expect(await direct.checkpoint(COUNTS)).toBe(last);
});

test('a server that stands still is given up in time, and gone on with', async () => {
  const readModels = await opened();
  await readModels.declare(COUNTS, [{ name: 'counts', indexes: [] }]);
  const write = (position: bigint) =>
    readModels.apply(COUNTS, {
      checkpoint: position,
      writes: [{ collection: 'counts', id: 'a', position, document: { at: Number(position) } }],
    });
  await write(1n);
  server.freeze();
  const began = performance.now();
  const failures = await Promise.all([failureOf(readModels.get('counts', 'a')), failureOf(write(2n))]);
  expect(failures).toMatchObject([
    { name: 'OperationalError', retryable: true },
    { name: 'OperationalError', retryable: true },
  ]);
  // Ten times what was allowed: a bound against hanging, not a measure.
  expect(performance.now() - began).toBeLessThan(10_000);
  server.thaw();
  while ((await failureOf(write(2n))) !== undefined);
  expect((await readModels.get('counts', 'a'))?.document).toEqual({ at: 2 });
});

test('two that fold at once do no harm, also when documents go', async () => {
  const [one, other] = [await opened(), await opened()];
  // Small and unlike batches, so that they overtake each other.
  const first = await started(one, { batchEventsMax: 3, cachedDocumentsMax: 1 });
  const second = await started(other, { batchEventsMax: 7 });
  for (let at = 0; at < 400; at += 100) {
    const last = await recordSome(at, 100);
    expect(await Promise.all([first.reached(last, WITHIN_MS), second.reached(last, WITHIN_MS)])).toEqual([true, true]);
    expect(await stored(one)).toEqual(await folded());
  }
});

test('a rebuild is served to other processes from the moment of its swap, while events come', async () => {
  const [writer, reader] = [await opened(), await opened()];
  const projector = await started(writer);
  await projector.reached(await recordSome(0, 100), WITHIN_MS);
  let done = false;
  const key = execution('k1');
  // Whoever has seen a checkpoint gets documents that are at least as far, whichever generation they come from.
  const watching = (async () => {
    let looks = 0;
    for (; !done; looks += 1) {
      const checkpoint = await reader.checkpoint(COUNTS);
      const { events } = await store.readStream(key);
      const last = events.findLast(({ position }) => position <= checkpoint);
      const document = await reader.get('counts', key);
      if (last?.type === 'Counted') expect(document?.position ?? last.position).toBeGreaterThanOrEqual(last.position);
    }
    return looks;
  })();
  for (let round = 1; round <= 5; round += 1) {
    const recorded = recordSome(round * 100, 100);
    await projector.rebuild(COUNTS);
    expect(await projector.reached(await recorded, WITHIN_MS)).toBe(true);
    expect(await stored(reader)).toEqual(await folded());
  }
  done = true;
  expect(await watching).toBeGreaterThan(5);
});
