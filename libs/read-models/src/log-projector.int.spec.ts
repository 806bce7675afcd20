import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { streams } from '@millrace/contracts';
import type { RecordedEvent } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { OperationalError } from '@millrace/runtime';
import { createProjector } from './log-projector.js';
import type { Projection, ProjectionStatus, Projector, ProjectorOptions } from './projector.js';
import type { Document, ReadModels } from './read-models.js';
import { SqliteReadModels } from './sqlite/index.js';
import { countsProjection } from './testing/counts.projection.js';
import { execution, newEvent, record } from './testing/events.js';
import { InMemoryEventStore } from './testing/in-memory-event-store.js';
import { ManualTimers } from './testing/manual-timers.js';

const WITHIN_MS = 10_000;
const COUNTS = 'test.counts.v1';
const OTHERS = 'test.others.v1';

let directory = '';
let readModels: SqliteReadModels;
let store: SqliteEventStore;
let running: Projector[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'projector-'));
  readModels = await SqliteReadModels.open({ directory });
  store = await SqliteEventStore.open({ directory });
  running = [];
});

afterEach(async () => {
  for (const projector of running) await projector.stop();
  await readModels.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function started(
  projections: readonly Projection[],
  options: Partial<ProjectorOptions> = {},
): Promise<Projector> {
  const projector = createProjector({ store, readModels, projections, ...options });
  running.push(projector);
  await projector.start();
  return projector;
}

/** The real read models, but for what a test spells out. */
function readModelsBut(overrides: Partial<ReadModels>): ReadModels {
  return new Proxy<ReadModels>(readModels, {
    get: (target, name) => {
      if (Object.hasOwn(overrides, name)) return Reflect.get(overrides, name) as unknown;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

const count = (key: string, by = 1): ReturnType<typeof record> =>
  record(store, execution(key), newEvent('Counted', { by }));
const countMany = async (keys: number, each: number): Promise<void> => {
  const events = (): ReturnType<typeof newEvent>[] => Array.from({ length: each }, () => newEvent('Counted', {}));
  for (let key = 0; key < keys; key += 1) await record(store, execution(`k${key}`), ...events());
};
const read = async (key: string, collection = 'counts'): Promise<Document | undefined> =>
  (await readModels.get(collection, execution(key)))?.document;

describe('the way through the log', () => {
  test('folds what is there, then what comes, each event once', async () => {
    await count('a');
    await count('a', 2);
    const projector = await started([countsProjection(COUNTS, 'counts')]);
    const last = await count('a', 4);

    expect(await projector.reached(last, WITHIN_MS)).toBe(true);
    expect(await read('a')).toEqual({ id: execution('a'), count: 7, lastRevision: 2 });
    expect(projector.checkpoint()).toBe(last);
    expect(await readModels.checkpoint(COUNTS)).toBe(last);
  });

  test('passes positions that touch nothing, of every category', async () => {
    const projector = await started([countsProjection(COUNTS, 'counts')]);
    for (const stream of [
      streams.platform('default'),
      streams.token('default', 't'),
      streams.approval('default', 'a'),
    ]) {
      const position = await record(store, stream, newEvent('Noted', {}));
      expect(await projector.reached(position, WITHIN_MS)).toBe(true);
      expect(await readModels.checkpoint(COUNTS)).toBe(position);
    }
  });

  test('goes on from the checkpoint after a restart', async () => {
    const seen: bigint[] = [];
    const projection = countsProjection(COUNTS, 'counts', { seen: ({ position }) => seen.push(position) });
    const first = await started([projection]);
    const before = await count('a');
    await first.reached(before, WITHIN_MS);
    await first.stop();
    const after = await count('a');

    const second = await started([projection]);
    expect(await second.reached(after, WITHIN_MS)).toBe(true);
    expect((await read('a'))?.['count']).toBe(2);
    expect(seen).toEqual([before, after]);
  });

  test('brings a new projection up, while the others skip what they have', async () => {
    const seen: string[] = [];
    const counts = countsProjection(COUNTS, 'counts', { seen: ({ position }) => seen.push(`counts ${position}`) });
    const others = countsProjection(OTHERS, 'others', { seen: ({ position }) => seen.push(`others ${position}`) });
    const first = await started([counts]);
    await first.reached(await count('a'), WITHIN_MS);
    await first.stop();

    const last = await count('a');
    const second = await started([counts, others]);
    expect(await second.reached(last, WITHIN_MS)).toBe(true);
    expect([(await read('a'))?.['count'], (await read('a', 'others'))?.['count']]).toEqual([2, 2]);
    expect(seen.toSorted()).toEqual(['counts 1', 'counts 2', 'others 1', 'others 2']);
  });

  test('writes a document once a batch, however many events it has', async () => {
    await countMany(2, 150);
    let writes = 0;
    const counted = readModelsBut({
      apply: async (...[projection, batch]: Parameters<ReadModels['apply']>) => {
        writes += batch.writes.length;
        return readModels.apply(projection, batch);
      },
    });
    const projector = await started([countsProjection(COUNTS, 'counts')], { readModels: counted });
    await projector.reached((await store.head()).position, WITHIN_MS);
    expect(writes).toBe(2);
    expect((await read('k1'))?.['count']).toBe(150);
  });

  test('does not shut others out while it works through a backlog', async () => {
    await countMany(50, 60);
    const projector = await started([countsProjection(COUNTS, 'counts')]);
    let turns = 0;
    const done = projector.reached((await store.head()).position, WITHIN_MS);
    while ((await Promise.race([done, nextTurn(undefined)])) === undefined) turns += 1;
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  test('is what a fresh fold of the log is, whatever was cached, restarted or ahead', async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          key: fc.constantFrom('a', 'b', 'c', 'd'),
          type: fc.constantFrom('Counted', 'Counted', 'Reset'),
        }),
      },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.uniqueArray(fc.constantFrom('a', 'b', 'x'), { minLength: 1 }),
        async (steps, shared) => {
          const name = `test.counts.v${(runs += 1)}`;
          const log = new InMemoryEventStore(3n);
          let crash = false;
          const begin = (): Promise<Projector> =>
            started([countsProjection(name, 'counts')], {
              store: log,
              cachedDocumentsMax: 2,
              fault: () => {
                if (crash) throw new Error('crash');
              },
            });
          let projector = await begin();
          for (const next of steps) {
            if (typeof next === 'object') {
              await record(
                log,
                execution(next.key),
                newEvent(next.type, { ids: [...new Set([...shared, next.key])] }),
                newEvent('Counted', {}),
              );
              continue;
            }
            crash = next === 'crash';
            if (crash) await record(log, execution('a'), newEvent('Counted', {}));
            await projector.reached((await log.head()).position, WITHIN_MS);
            await projector.stop();
            crash = false;
            projector = await begin();
          }
          const head = await log.head();
          expect(await projector.reached(head.position, WITHIN_MS)).toBe(true);
          await projector.stop();

          const expected = freshFold(countsProjection(name, 'counts'), (await log.readAll({ limit: 10_000 })).events);
          expect(await readModels.count('counts')).toBe(expected.size);
          for (const [id, document] of expected)
            expect((await readModels.get('counts', id))?.document).toEqual(document);
        },
      ),
      { numRuns: 30 },
    );
  });
});

let runs = 1;

function freshFold(projection: Projection, events: readonly RecordedEvent[]): Map<string, Document> {
  const documents = new Map<string, Document>();
  for (const event of events) {
    for (const id of projection.touches(event)) {
      const document = projection.fold(documents.get(id), event, id);
      if (document === undefined) documents.delete(id);
      else documents.set(id, document);
    }
  }
  return documents;
}

describe('a document that is ahead of the checkpoint', () => {
  test('has what the events hold already', async () => {
    const positions = [await count('a', 1), await count('a', 2), await count('a', 4)];
    await readModels.declare(COUNTS, [countsProjection(COUNTS, 'counts').collection]);
    const ahead = { id: execution('a'), count: 3, lastRevision: 1 };
    // As after a crash between a document's write and the checkpoint's, in an engine that has no transaction over both.
    await readModels.apply(COUNTS, {
      checkpoint: positions[0] ?? 0n,
      writes: [{ collection: 'counts', id: execution('a'), position: positions[1] ?? 0n, document: ahead }],
    });

    const projector = await started([countsProjection(COUNTS, 'counts')]);
    await projector.reached(positions[2] ?? 0n, WITHIN_MS);
    expect((await read('a'))?.['count']).toBe(7);
  });
});

describe('a view that has seen more than the log holds', () => {
  test('stops, with both positions, until it is rebuilt', async () => {
    const head = await count('a');
    await readModels.declare(COUNTS, [countsProjection(COUNTS, 'counts').collection]);
    const lost = { collection: 'counts', id: 'lost', position: 99n, document: {} };
    await readModels.apply(COUNTS, { checkpoint: 99n, writes: [lost] });

    const projector = await started([countsProjection(COUNTS, 'counts')]);
    expect(projector.status()[0]?.stoppedBy?.cause).toMatch(/position 99, .* ends at 1\./);
    expect(await projector.reached(head, WITHIN_MS)).toBe(false);

    expect(await projector.rebuild(COUNTS)).toBe(1);
    expect(await readModels.get('counts', 'lost')).toBeUndefined();
    expect(await projector.reached(await count('a'), WITHIN_MS)).toBe(true);
    expect((await read('a'))?.['count']).toBe(2);
  });
});

describe('an event that a projection does not know', () => {
  test('stops that projection alone, with what came before it applied', async () => {
    const good = await count('a');
    const bad = await record(store, execution('a'), newEvent('Surprise', {}, 3));
    const last = await count('a');
    const reported: ProjectionStatus[] = [];
    const projector = await started(
      [countsProjection(COUNTS, 'counts'), countsProjection(OTHERS, 'others', { knows: ['Counted', 'Surprise'] })],
      { onStopped: (status) => reported.push(status) },
    );

    expect(await projector.reached(last, WITHIN_MS)).toBe(true);
    const [counts, others] = projector.status();
    expect(counts).toMatchObject({
      name: COUNTS,
      checkpoint: good,
      stoppedBy: { position: bad, cause: expect.stringContaining('Surprise version 3') },
    });
    expect(counts?.lag).toBe(2);
    expect(others).toEqual({ name: OTHERS, checkpoint: last, lag: 0 });
    expect(reported).toEqual([counts]);
    expect((await read('a'))?.['count']).toBe(1);
    expect((await read('a', 'others'))?.['count']).toBe(3);
    expect(projector.checkpoint()).toBe(good);
  });

  test('is taken up where it stopped by a release that knows it', async () => {
    await count('a');
    await record(store, execution('a'), newEvent('Surprise', {}));
    const last = await count('a');
    const first = await started([countsProjection(COUNTS, 'counts')]);
    expect(await first.reached(last, WITHIN_MS)).toBe(false);
    await first.stop();

    const second = await started([countsProjection(COUNTS, 'counts', { knows: ['Counted', 'Surprise'] })]);
    expect(await second.reached(last, WITHIN_MS)).toBe(true);
    expect((await read('a'))?.['count']).toBe(3);
  });

  test('does not reach a document half: it touches all of its documents or none', async () => {
    const half: Projection = {
      ...countsProjection(COUNTS, 'counts'),
      touches: () => ['one', 'two'],
      fold: (document, _event, id) => {
        if (id === 'two') throw new RangeError('not two');
        return { ...document, folded: true };
      },
    };
    const position = await count('a');
    const projector = await started([half]);
    expect(await projector.reached(position, WITHIN_MS)).toBe(false);
    expect(await readModels.get('counts', 'one')).toBeUndefined();
  });

  test('may be met by touches, too', async () => {
    const position = await count('a');
    const refusing: Projection = {
      ...countsProjection(COUNTS, 'counts'),
      touches: () => {
        throw new RangeError('touches nothing that I know');
      },
    };
    const projector = await started([refusing]);
    expect(await projector.reached(position, WITHIN_MS)).toBe(false);
    expect(projector.status()[0]?.stoppedBy?.position).toBe(position);
  });
});

describe('reached', () => {
  test('is answered by the event that reaches it, not by a clock', async () => {
    const timers = new ManualTimers();
    const projector = await started([countsProjection(COUNTS, 'counts')], { timers });
    const first = await count('a');
    await projector.reached(first, WITHIN_MS);

    const answers: string[] = [];
    const early = projector.reached(first + 1n, WITHIN_MS).then((yes) => answers.push(`one ${yes}`));
    const late = projector.reached(first + 2n, WITHIN_MS).then((yes) => answers.push(`two ${yes}`));
    await count('a');
    await early;
    expect(answers).toEqual(['one true']);
    await count('a');
    await late;
    expect(answers).toEqual(['one true', 'two true']);
    expect(timers.waiting).toBe(0);
  });

  test('gives up after its time, and at the stop', async () => {
    const timers = new ManualTimers();
    const projector = await started([countsProjection(COUNTS, 'counts')], { timers });
    const timedOut = projector.reached(99n, 2_000);
    timers.advance(1_999);
    expect(timers.waiting).toBe(1);
    timers.advance(1);
    expect(await timedOut).toBe(false);

    const stopped = projector.reached(99n, 2_000);
    await projector.stop();
    expect(await stopped).toBe(false);
  });
});

describe('read models that are away', () => {
  test('are tried again until they are back, and nothing is lost or folded twice', async () => {
    const timers = new ManualTimers();
    const retries: string[] = [];
    let failures = 2;
    const flaky = readModelsBut({
      apply: async (...[projection, batch]: Parameters<ReadModels['apply']>) => {
        if ((failures -= 1) >= 0) throw new OperationalError('full', { retryable: true, code: 'STORE_FULL' });
        return readModels.apply(projection, batch);
      },
    });
    const projector = await started([countsProjection(COUNTS, 'counts')], {
      readModels: flaky,
      timers,
      onRetry: (cause, attempt) => retries.push(`${cause.code} ${attempt}`),
    });
    const position = await count('a');
    const done = projector.reached(position, 1e9);
    for (let waited = 0; retries.length < 2 || waited < 2; waited += 1) {
      await nextTurn();
      timers.advance(5_000);
    }
    timers.advance(5_000);
    expect(await done).toBe(true);
    expect(retries).toEqual(['STORE_FULL 1', 'STORE_FULL 2']);
    expect((await read('a'))?.['count']).toBe(1);
  });

  test('do not hold up a stop', async () => {
    const away = readModelsBut({ apply: () => Promise.reject(new OperationalError('away', { retryable: true })) });
    let tried: () => void = () => undefined;
    const trying = new Promise<void>((resolve) => (tried = resolve));
    const projector = await started([countsProjection(COUNTS, 'counts')], {
      readModels: away,
      timers: new ManualTimers(),
      onRetry: () => tried(),
    });
    await count('a');
    await trying;
    await projector.stop();
    expect(await readModels.checkpoint(COUNTS)).toBe(0n);
    expect(projector.status()[0]?.stoppedBy).toBeUndefined();
  });
});

describe('rebuild', () => {
  test('serves meanwhile, swaps, and goes on with the events that came in between', async () => {
    await countMany(20, 100);
    let factor = 1;
    const changing: Projection = {
      ...countsProjection(COUNTS, 'counts'),
      fold: (document, event, id) => ({
        ...countsProjection(COUNTS, 'counts').fold(document, event, id),
        factor,
      }),
    };
    const projector = await started([changing, countsProjection(OTHERS, 'others')]);
    await projector.reached((await store.head()).position, WITHIN_MS);

    factor = 2;
    const progress: bigint[] = [];
    const served = new Set<unknown>();
    const rebuilt = projector.rebuild(COUNTS, (done, of) => {
      progress.push(done);
      expect(done).toBeLessThanOrEqual(of + 100n);
    });
    let rebuilding = true;
    const finished = rebuilt.finally(() => (rebuilding = false));
    while (rebuilding) {
      await count('k0');
      served.add((await read('k1'))?.['factor']);
      await nextTurn();
    }
    expect(await finished).toBe(20);
    const last = await count('k0');
    expect(await projector.reached(last, WITHIN_MS)).toBe(true);

    expect(served.has(undefined)).toBe(false);
    expect(served.has(1)).toBe(true);
    expect((await read('k1'))?.['factor']).toBe(2);
    expect((await read('k0'))?.['count']).toBe((await read('k0', 'others'))?.['count']);
    expect(progress.length).toBeGreaterThan(7);
    expect(progress).toEqual(progress.toSorted((a, b) => Number(a - b)));
  });

  test('sets a stopped projection going again, when it can fold the log now', async () => {
    await count('a');
    await record(store, execution('a'), newEvent('Surprise', {}));
    const last = await count('a');
    const knows = ['Counted'];
    const projector = await started([countsProjection(COUNTS, 'counts', { knows })]);
    expect(await projector.reached(last, WITHIN_MS)).toBe(false);
    await expect(projector.rebuild(COUNTS)).rejects.toThrow('Surprise');
    expect((await read('a'))?.['count']).toBe(1);

    knows.push('Surprise');
    expect(await projector.rebuild(COUNTS)).toBe(1);
    expect((await read('a'))?.['count']).toBe(3);
    const next = await count('a');
    expect(await projector.reached(next, WITHIN_MS)).toBe(true);
    expect((await read('a'))?.['count']).toBe(4);
  });

  test('is not trusted when a document is missing from it', async () => {
    await count('a');
    await count('b');
    const losing = readModelsBut({
      shadow: async (...given: Parameters<ReadModels['shadow']>) => {
        const shadow = await readModels.shadow(...given);
        const apply: ReadModels['apply'] = (projection, batch) =>
          shadow.store.apply(projection, { ...batch, writes: batch.writes.slice(1) });
        return { ...shadow, store: { ...shadow.store, apply } };
      },
    });
    const projector = await started([countsProjection(COUNTS, 'counts')], { readModels: losing });
    await projector.reached((await store.head()).position, WITHIN_MS);
    await expect(projector.rebuild(COUNTS)).rejects.toThrow('holds 1 documents');
    expect(await readModels.count('counts')).toBe(2);
  });

  test('works without a start, for a tool that opens the data itself', async () => {
    await count('a');
    const projector = createProjector({ store, readModels, projections: [countsProjection(COUNTS, 'counts')] });
    expect(await projector.rebuild(COUNTS)).toBe(1);
    expect(await readModels.checkpoint(COUNTS)).toBe((await store.head()).position);
  });

  test('is refused for what is not there, and twice at once; a stop gives it up', async () => {
    await countMany(1, 1_000);
    const projector = await started([countsProjection(COUNTS, 'counts')]);
    await expect(projector.rebuild('nothing.v1')).rejects.toMatchObject({ name: 'RangeError' });
    const rebuild = projector.rebuild(COUNTS).catch((error: unknown) => error);
    await expect(projector.rebuild(COUNTS)).rejects.toMatchObject({ code: 'REBUILD_RUNNING' });
    await projector.stop();
    expect(await rebuild).toMatchObject({ name: 'OperationalError', retryable: true });
  });
});

test('two projections may share neither a name nor a collection', () => {
  const make =
    (...projections: Projection[]) =>
    () =>
      createProjector({ store, readModels, projections });
  expect(make(countsProjection(COUNTS, 'a'), countsProjection(COUNTS, 'b'))).toThrow(RangeError);
  expect(make(countsProjection(COUNTS, 'a'), countsProjection(OTHERS, 'a'))).toThrow(RangeError);
  expect(make(countsProjection(COUNTS, 'a'), countsProjection(OTHERS, 'b'))).not.toThrow();
});
