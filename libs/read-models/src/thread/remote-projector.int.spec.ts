import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { NEW_STREAM } from '@millrace/event-store';
import { SqliteEventStore, SqliteLogFollower } from '@millrace/event-store/sqlite';
import type { Projection, ProjectionStatus } from '../projector.js';
import { SqliteReadModels, SqliteViews } from '../sqlite/index.js';
import { countsProjection } from '../testing/counts.projection.js';
import { execution, newEvent, record } from '../testing/events.js';
import { hostProjector } from './projector-host.js';
import { RemoteProjector, type ProjectorThread } from './remote-projector.js';

const WITHIN_MS = 10_000;
const COUNTS = 'test.counts.v1';

/** One side in the other's event loop: all but the thread itself is real. */
describe('a projector in another thread', () => {
  let directory: string;
  let store: SqliteEventStore;
  let projections: readonly Projection[];
  let projector: RemoteProjector;
  let views: SqliteViews;
  let threads: { readonly die: (cause: unknown) => void; readonly close: () => Promise<void> }[];
  let ended: unknown[];
  let stopped: ProjectionStatus[];

  function openThread(memory: SharedArrayBuffer): ProjectorThread {
    const { port1, port2 } = new MessageChannel();
    const end = Promise.withResolvers<unknown>();
    const run = async (): Promise<void> => {
      const readModels = await SqliteReadModels.open({ directory, logId: store.logId });
      const log = new SqliteLogFollower(directory, memory);
      try {
        await hostProjector({ channel: port2, log, readModels, projections, fault: () => undefined });
      } finally {
        await readModels.close();
        await log.close();
        port2.close();
      }
    };
    const running = run().then(() => end.resolve(undefined), end.resolve);
    // The side that starts it hears of nothing any more; what is left of it here ends with the test.
    const close = async (): Promise<void> => {
      port1.postMessage({ type: 'stop' });
      await running;
      port1.close();
    };
    threads.push({ die: (cause) => end.resolve(cause), close });
    return {
      postMessage: (message) => port1.postMessage(message),
      on: (...event) => port1.on(...event),
      ended: end.promise,
    };
  }

  async function start(): Promise<void> {
    const memory = store.follow(() => projector.wake());
    projector = new RemoteProjector({
      open: () => openThread(memory),
      head: () => store.lastPosition,
      onEnded: (cause) => ended.push(cause),
      onStopped: (status) => stopped.push(status),
    });
    await projector.start();
    views = SqliteViews.open({ directory });
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-thread-'));
    store = await SqliteEventStore.open({ directory });
    projections = [countsProjection(COUNTS, 'counts')];
    [threads, ended, stopped] = [[], [], []];
  });

  afterEach(async () => {
    await projector.stop();
    await Promise.all(threads.map(({ close }) => close()));
    await views.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const count = (key: string) => record(store, execution(key), newEvent('Counted', { ids: [key] }));
  const read = async (key: string) => (await views.get('counts', key))?.document['count'];

  test('follows the log and lets whoever waits know', async () => {
    await count('a');
    await start();
    for (let number = 2; number <= 40; number += 1) {
      const position = await count('a');
      expect(await projector.reached(position, WITHIN_MS)).toBe(true);
      expect(await read('a')).toBe(number);
    }
    expect(projector.status()).toEqual([{ name: COUNTS, checkpoint: 40n, lag: 0 }]);
    expect(projector.checkpoint()).toBe(40n);
    expect(await projector.reached(41n, 1)).toBe(false);
  });

  test('sees each event once, however appends and reads fall together', async () => {
    await start();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let number = 0; number < 50; number += 1) {
        await count(`w${writer}`);
        if (number % 7 === writer) await nextTurn();
      }
    });
    await Promise.all(writers);
    expect(await projector.reached(400n, WITHIN_MS)).toBe(true);
    expect(await Promise.all(writers.map((_, writer) => read(`w${writer}`)))).toEqual(Array(8).fill(50));
  });

  test('rebuilds while it serves, tells of its progress, and the new documents are read at once', async () => {
    for (let number = 0; number < 300; number += 1) await count(`k${number}`);
    await start();
    await projector.reached(300n, WITHIN_MS);
    const steps: bigint[] = [];
    expect(await projector.rebuild(COUNTS, (done) => steps.push(done))).toBe(300);
    expect(steps.at(-1)).toBe(300n);
    expect(await views.count('counts')).toBe(300);
    await count('k0');
    await projector.reached(301n, WITHIN_MS);
    expect(await read('k0')).toBe(2);
    await expect(projector.rebuild('nobody.v1')).rejects.toThrow(RangeError);
  });

  test('a projection that stops says so, holds up nobody, and runs again after a rebuild that understands', async () => {
    projections = [
      countsProjection(COUNTS, 'counts', { knows: ['Counted'] }),
      countsProjection('test.others.v1', 'others'),
    ];
    await start();
    const position = await record(store, execution('a'), newEvent('Reset', { ids: ['a'] }));
    await record(store, execution('b'), newEvent('Counted', { ids: ['b'] }));
    expect(await projector.reached(position + 1n, WITHIN_MS)).toBe(true);
    expect(stopped).toMatchObject([{ name: COUNTS, stoppedBy: { position } }]);
    expect(projector.status()).toMatchObject([{ stoppedBy: { position }, lag: 2 }, { lag: 0 }]);
    await expect(projector.rebuild(COUNTS)).rejects.toThrow(/does not know/);
  });

  test('is started again when its thread ends, and whoever waits is answered then', async () => {
    await start();
    await projector.reached(await count('a'), WITHIN_MS);
    threads[0]?.die(new Error('Out of memory.'));
    const position = await count('a');
    expect(await projector.reached(position, WITHIN_MS)).toBe(true);
    expect(await read('a')).toBe(2);
    expect(ended).toMatchObject([{ message: 'Out of memory.' }]);
    expect(threads).toHaveLength(2);
  });

  test('a thread that can not start fails the start', async () => {
    projections = [countsProjection(COUNTS, 'counts'), countsProjection(COUNTS, 'counts')];
    await expect(start()).rejects.toThrow(/name and a collection of its own/);
    views = SqliteViews.open({ directory });
  });

  test('saves snapshots that are read here', async () => {
    await start();
    const decider = { name: 'traffic', version: 1 };
    const snapshot = { head: NEW_STREAM, state: { stages: [] }, commands: [] };
    expect(await views.loadSnapshot(execution('a'), decider)).toBeUndefined();
    await projector.saveSnapshot(execution('a'), decider, snapshot);
    expect(await views.loadSnapshot(execution('a'), decider)).toEqual(snapshot);
    expect(await views.loadSnapshot(execution('a'), { ...decider, version: 2 })).toBeUndefined();
  });

  test('names a collection that nobody has declared', async () => {
    await start();
    await expect(views.get('nothing', 'a')).rejects.toThrow(/No projection has declared/);
  });
});
