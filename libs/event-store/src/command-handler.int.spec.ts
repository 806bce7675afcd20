import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accept, refuse, type Command, type Decider } from '@millrace/decider';
import { eventTypes, streams, type StreamName } from '@millrace/contracts';
import { isOperational, OperationalError } from '@millrace/runtime';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import {
  commandHandler,
  memorySnapshots,
  NEW_STREAM,
  type CommandHandlerOptions,
  type EventStore,
  type Snapshots,
} from './index.js';

type Counted =
  | { readonly type: 'Counted'; readonly data: { readonly by: number; readonly at: string; readonly who: string } }
  | { readonly type: 'Doubled'; readonly data: { readonly at: string } };
type Count = Command<'Count', { readonly by: number; readonly times?: number }>;
interface Total {
  readonly total: number;
}

const decider: Decider<Count, Total, Counted, 'TOO_MUCH'> = {
  name: 'counter',
  version: 1,
  initial: { total: 0 },
  decide: ({ data, at, by }, { total }) => {
    if (total + data.by > 1_000_000) return refuse('TOO_MUCH', `The total is ${total}.`);
    if (data.by === 0) return accept();
    return accept<Counted>(
      ...Array.from({ length: data.times ?? 1 }, (): Counted => ({
        type: 'Counted',
        data: { by: data.by, at, who: by.id },
      })),
    );
  },
  evolve: (state, event) =>
    event.type === 'Counted' ? { total: state.total + event.data.by } : { total: state.total * 2 },
};
const types = eventTypes<Counted['type']>('counter', { Counted: 1, Doubled: 1 });
const actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' } as const;
const stream = streams.traffic('default', 'p1');
const NOON = '2026-11-24T12:00:00.000Z';
const clock = { now: () => NOON, nowMs: () => Date.parse(NOON) };

let directory: string;
let store: SqliteEventStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-handler-'));
  store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const handlerOver = (
  over: EventStore = store,
  more: Partial<CommandHandlerOptions<Count, Total, Counted, 'TOO_MUCH'>> = {},
) => commandHandler<Count, Total, Counted, 'TOO_MUCH'>({ store: over, decider, types, clock, ...more });
const inContext = (commandId: string, on: StreamName = stream) => ({
  commandId,
  project: 'default',
  actor,
  correlationId: 'c',
  pipelineId: 'p1',
  stream: on,
});
const count = (by: number, times?: number): Pick<Count, 'type' | 'data'> => ({
  type: 'Count',
  data: times === undefined ? { by } : { by, times },
});

/** The store with something done before, after or instead of an append. */
const storeWith = (append: EventStore['append']): EventStore => ({
  logId: store.logId,
  append,
  readStream: (...input) => store.readStream(...input),
  readAll: (...input) => store.readAll(...input),
  subscribe: (...input) => store.subscribe(...input),
  head: () => store.head(),
  close: () => store.close(),
});

test('stamps time and actor, appends, and answers with the facts and their position', async () => {
  const answer = await handlerOver()(count(2, 2), inContext('a'));
  const fact = { type: 'Counted', data: { by: 2, at: NOON, who: 'ada' } };
  expect(answer).toEqual({ accepted: true, events: [fact, fact], position: 2n });
  const { events } = await store.readStream(stream);
  expect(events.map(({ metadata }) => metadata)).toMatchObject([
    {
      commandId: 'a',
      correlationId: 'c',
      actor,
      time: NOON,
      pipelineId: 'p1',
      project: 'default',
      revision: 0,
      type: 'Counted',
      version: 1,
    },
    { commandId: 'a', revision: 1 },
  ]);
  expect(new Set(events.map(({ metadata }) => metadata.id)).size).toBe(2);
});

test('answers a known command with its first result, by the same handler and by one that has just started', async () => {
  const handle = handlerOver();
  const first = await handle(count(2, 3), inContext('a'));
  await handle(count(5), inContext('b'));
  expect(await handle(count(9), inContext('a'))).toEqual(first);
  expect(await handlerOver()(count(9), inContext('a'))).toEqual(first);
  expect((await store.head()).position).toBe(4n);
});

test('decides a refused command again when it is repeated, and records nothing', async () => {
  const handle = handlerOver();
  expect(await handle(count(1_000_001), inContext('a'))).toMatchObject({ accepted: false, code: 'TOO_MUCH' });
  expect((await store.head()).position).toBe(0n);
  expect(await handle(count(1), inContext('a'))).toMatchObject({ accepted: true, position: 1n });
});

test('accepts a command that changes nothing without a position', async () => {
  expect(await handlerOver()(count(0), inContext('a'))).toEqual({ accepted: true, events: [], position: undefined });
});

test('commands that arrive together never conflict with each other', async () => {
  let appends = 0;
  const handle = handlerOver(storeWith((...input) => ((appends += 1), store.append(...input))));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => handle(count(1), inContext(`c${index}`))),
  );
  expect(answers.every(({ accepted }) => accepted)).toBe(true);
  expect(appends).toBe(200);
  expect((await store.readStream(stream)).head.revision).toBe(199);
});

test('the same command arriving twice at once counts once', async () => {
  const handle = handlerOver();
  const [first, second] = await Promise.all([handle(count(1), inContext('a')), handle(count(1), inContext('a'))]);
  expect(second).toEqual(first);
  expect((await store.head()).position).toBe(1n);
});

test('decides anew on what another process has written', async () => {
  const here = handlerOver();
  const there = handlerOver();
  await here(count(999_999), inContext('a'));
  await there(count(1), inContext('b'));
  expect(await here(count(1), inContext('c'))).toMatchObject({ accepted: false, code: 'TOO_MUCH' });
});

test('a refusal is never decided on a state that another process has left behind', async () => {
  const here = handlerOver();
  const there = handlerOver();
  await here(count(999_999), inContext('a'));
  await there(count(-10), inContext('b'));
  expect(await here(count(5), inContext('c'))).toMatchObject({ accepted: true });
});

test('gives up, retryable, when others are faster three times', async () => {
  let decided = 0;
  const rival = handlerOver();
  const busy = storeWith(async (...input) => {
    decided += 1;
    await rival(count(1), inContext(`rival${decided}`));
    return store.append(...input);
  });
  await expect(handlerOver(busy)(count(1), inContext('a'))).rejects.toMatchObject({
    name: 'OperationalError',
    code: 'CONTENDED',
    retryable: true,
  });
  expect(decided).toBe(3);
});

test('an append whose answer is lost is repeated unchanged and happens once', async () => {
  let lost = 2;
  const flaky = storeWith(async (...input) => {
    const appended = await store.append(...input);
    if (lost-- > 0) throw new OperationalError('No answer.', { retryable: true, mayHaveHappened: true });
    return appended;
  });
  expect(await handlerOver(flaky)(count(1), inContext('a'))).toMatchObject({ accepted: true, position: 1n });
  expect((await store.head()).position).toBe(1n);
});

test('a lost answer that stays lost is thrown; the command repeated later has its first result', async () => {
  const timers = {
    at: () => ({ cancel: () => {} }),
    after: (_: number, callback: () => void) => (queueMicrotask(callback), { cancel: () => {} }),
  };
  let isLost = true;
  const flaky = storeWith(async (...input) => {
    const appended = await store.append(...input);
    if (isLost) throw new OperationalError('No answer.', { retryable: true, mayHaveHappened: true });
    return appended;
  });
  const handle = handlerOver(flaky, { timers });
  await expect(handle(count(1), inContext('a'))).rejects.toMatchObject({ mayHaveHappened: true });
  isLost = false;
  expect(await handle(count(1), inContext('a'))).toMatchObject({ accepted: true, position: 1n });
  expect((await store.head()).position).toBe(1n);
});

test('a store that is away after an answer was lost does not make it unhappened: the command may have happened', async () => {
  const timers = {
    at: () => ({ cancel: () => {} }),
    after: (_: number, callback: () => void) => (queueMicrotask(callback), { cancel: () => {} }),
  };
  let attempts = 0;
  const away = storeWith(async (...input) => {
    attempts += 1;
    if (attempts > 1) throw new OperationalError('It is away.', { retryable: true, code: 'AWAY' });
    await store.append(...input);
    throw new OperationalError('No answer.', { retryable: true, mayHaveHappened: true });
  });
  await expect(handlerOver(away, { timers })(count(1), inContext('a'))).rejects.toMatchObject({
    mayHaveHappened: true,
    code: 'AWAY',
  });
  expect(attempts).toBe(6);
  attempts = 0;
  const gone = storeWith(async () => {
    throw new OperationalError('It is away.', { retryable: true });
  });
  await expect(handlerOver(gone, { timers })(count(1), inContext('b'))).rejects.toMatchObject({
    mayHaveHappened: false,
  });
});

test('refuses a stream that holds an event of a newer release, and only that stream', async () => {
  const metadata = { id: '1', time: NOON, project: 'default', commandId: 'x', actor, correlationId: 'c' };
  await store.append(stream, NEW_STREAM, [{ type: 'Halved', version: 1, data: {}, metadata }]);
  const handle = handlerOver();
  const failure = await handle(count(1), inContext('a')).catch((error: unknown) => error);
  expect(isOperational(failure) && !failure.retryable && failure.code === 'UNKNOWN_EVENT' && failure.message).toContain(
    'Halved',
  );
  expect(await handle(count(1), inContext('a', streams.traffic('default', 'p2')))).toMatchObject({ accepted: true });
});

test('remembers as many command ids as it is told', async () => {
  const handle = handlerOver(store, { commandIdsMax: 2 });
  for (const id of ['a', 'b', 'c']) await handle(count(1), inContext(id));
  expect(await handle(count(1), inContext('b'))).toMatchObject({ position: 2n });
  expect(await handle(count(1), inContext('a'))).toMatchObject({ position: 4n });
});

test('the states of more streams than are kept are folded again', async () => {
  const handle = handlerOver(store, { cachedStreamsMax: 1 });
  const other = streams.traffic('default', 'p2');
  await handle(count(600_000), inContext('a'));
  await handle(count(1), inContext('b', other));
  expect(await handle(count(600_000), inContext('c'))).toMatchObject({ code: 'TOO_MUCH' });
});

describe('snapshots', () => {
  const readsFrom = (reads: number[]): EventStore => ({
    ...storeWith((...input) => store.append(...input)),
    readStream: async (name, options) => {
      const slice = await store.readStream(name, options);
      reads.push(slice.events.length);
      return slice;
    },
  });
  const fill = async (snapshots: Snapshots, commands: number): Promise<void> => {
    const handle = handlerOver(store, { snapshots });
    for (let index = 0; index < commands; index += 1) await handle(count(1, 100), inContext(`c${index}`));
  };

  test('every 500 events, so that a start reads only what follows', async () => {
    const snapshots = memorySnapshots();
    await fill(snapshots, 11);
    const snapshot = await snapshots.load(stream, decider);
    expect(snapshot).toMatchObject({ head: { revision: 999 }, state: { total: 1_000 } });
    const reads: number[] = [];
    const handle = handlerOver(readsFrom(reads), { snapshots });
    expect(await handle(count(999_000), inContext('d'))).toMatchObject({ code: 'TOO_MUCH' });
    expect(reads.reduce((sum, read) => sum + read, 0)).toBe(101);
  });

  test('know the commands before them', async () => {
    const snapshots = memorySnapshots();
    await fill(snapshots, 11);
    const answer = await handlerOver(store, { snapshots })(count(7), inContext('c3'));
    expect(answer).toMatchObject({ accepted: true, position: 400n });
    expect(answer.accepted && answer.events).toHaveLength(100);
  });

  test('of another version of the decider, or of another history, are not used', async () => {
    const snapshots = memorySnapshots();
    await fill(snapshots, 6);
    const wrong: Snapshots = {
      load: async () => ({ head: { revision: 599, hash: 'f'.repeat(64) }, state: { total: 1_000_000 }, commands: [] }),
      save: async () => {},
    };
    expect(await handlerOver(store, { snapshots: wrong })(count(1), inContext('x'))).toMatchObject({ accepted: true });
    const newer = commandHandler<Count, Total, Counted, 'TOO_MUCH'>({
      store,
      types,
      clock,
      snapshots,
      decider: { ...decider, version: 2, initial: { total: 999_500 } },
    });
    expect(await newer(count(1), inContext('y'))).toMatchObject({ code: 'TOO_MUCH' });
  });

  test('that can not be saved cost nothing but time', async () => {
    const failing: Snapshots = { load: async () => undefined, save: () => Promise.reject(new Error('disk')) };
    await fill(failing, 11);
    expect((await store.head()).position).toBe(1_100n);
  });
});
