import { randomUUID } from 'node:crypto';
import type { StreamName } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { isStreamConflict, NEW_STREAM, type EventBatch, type NewEvent } from '../event-store.js';
import type { EventStoreDbEventStore } from './index.js';
import { appendUntilKnown, chainIsWhole, failureOf, pause, streamOf, useOwnServer } from './testing/own-server.js';

/** What a server that dies or freezes does to the log. */
const server = useOwnServer();

test('killed five times under load: nothing acknowledged is lost, nothing is there twice, every chain is whole', async () => {
  const store = await server.open({ timeoutMs: 1_500 });
  const acknowledged = new Map<StreamName, string[]>();
  let total = 0;
  let stopped = false;
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    const own = streamOf(`w${writer}`);
    const ids: string[] = [];
    acknowledged.set(own, ids);
    let head = NEW_STREAM;
    while (!stopped) {
      const events = [newEvent({ writer }), newEvent({ writer })];
      head = await appendUntilKnown(store, own, head, events);
      ids.push(...events.map(({ metadata }) => metadata.id));
      total += events.length;
    }
  });
  for (let kill = 1; kill <= 5; kill += 1) {
    while (total < kill * 200) await pause();
    await server.restart();
  }
  while (total < 1_400) await pause();
  stopped = true;
  await Promise.all(writers);
  for (const [own, ids] of acknowledged) {
    const { events } = await store.readStream(own, { limit: 10_000 });
    expect(events.map(({ metadata }) => metadata.id)).toEqual(ids);
    expect(chainIsWhole(events)).toBe(true);
  }
});

test('an append whose answer was lost with the server is found again, also by another process', async () => {
  const store = await server.open({ timeoutMs: 1_500 });
  const events = [newEvent({ number: 0 }), newEvent({ number: 1 })];
  const { position } = await store.append(streamOf('a'), NEW_STREAM, events);
  await server.restart();
  const other = await server.open({ timeoutMs: 1_500 });
  expect(await other.append(streamOf('a'), NEW_STREAM, events)).toMatchObject({ position });
  expect((await other.readStream(streamOf('a'))).events).toHaveLength(2);
});

describe('a frozen server', () => {
  test('bounds every call; the append may have happened, and the same again tells', async () => {
    const store = await server.open({ timeoutMs: 1_500 });
    const { head } = await store.append(streamOf('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    const events = [newEvent({ number: 1 })];
    await server.standIn.freeze();
    const began = performance.now();
    const outcomes = await Promise.all([
      failureOf(store.append(streamOf('a'), head, events)),
      failureOf(store.readStream(streamOf('a'))),
      failureOf(store.readAll()),
      failureOf(store.head()),
    ]);
    // A bound against hanging, not a measure of speed.
    expect(performance.now() - began).toBeLessThan(15_000);
    for (const error of outcomes) expect(error).toMatchObject({ name: 'OperationalError', retryable: true });
    expect(outcomes.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([true, false, false, false]);
    server.standIn.thaw();
    const known = await appendUntilKnown(store, streamOf('a'), head, events);
    const slice = await store.readStream(streamOf('a'));
    expect(slice.events.map(({ data }) => data['number'])).toEqual([0, 1]);
    expect(slice.head).toEqual(known);
  });

  test('is left for a new connection after three calls without an answer, and the store goes on by itself', async () => {
    const store = await server.open({ timeoutMs: 1_500 });
    await server.standIn.freeze();
    for (let call = 0; call < 7; call += 1) await failureOf(store.readStream(streamOf('a')));
    server.standIn.thaw();
    await appendUntilKnown(store, streamOf('a'), NEW_STREAM, [newEvent()]);
    expect((await store.readStream(streamOf('a'))).events).toHaveLength(1);
  });

  test('does not hold up a close', async () => {
    const store = await server.open({ timeoutMs: 1_500 });
    const abort = new AbortController();
    const batches = store.subscribe({ after: 0n, signal: abort.signal })[Symbol.asyncIterator]();
    const waiting = batches.next();
    await server.standIn.freeze();
    const appending = failureOf(store.append(streamOf('a'), NEW_STREAM, [newEvent()]));
    await store.close();
    expect((await waiting).done).toBe(true);
    expect(await appending).toMatchObject({ mayHaveHappened: true });
  });
});

describe('a subscription', () => {
  const follow = (store: EventStoreDbEventStore, abort: AbortController, seen: number[], batchMax = 3): Promise<void> =>
    (async () => {
      const batches: AsyncIterable<EventBatch> = store.subscribe({
        after: 0n,
        categories: ['execution'],
        batchMax,
        signal: abort.signal,
      });
      for await (const { events } of batches) seen.push(...events.map(({ data }) => data['number'] as number));
    })();

  test('outlives the server, again and again, without gap or repeat', async () => {
    const store = await server.open({ timeoutMs: 1_500, quietMs: 200 });
    const lost: unknown[] = [];
    const reader = await server.open({ timeoutMs: 1_500, quietMs: 200, onUnavailable: (error) => lost.push(error) });
    const abort = new AbortController();
    const seen: number[] = [];
    const following = follow(reader, abort, seen);
    let head = NEW_STREAM;
    let number = 0;
    const write = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        head = await appendUntilKnown(store, streamOf('a'), head, [newEvent({ number })]);
        number += 1;
      }
    };
    for (let round = 0; round < 4; round += 1) {
      const writing = write(60);
      while (seen.length < round * 60 + 20) await pause();
      await server.restart();
      await writing;
    }
    while (seen.length < number) await pause();
    abort.abort();
    await following;
    expect(seen).toEqual(Array.from({ length: number }, (_, index) => index));
    expect(lost.length).toBeGreaterThan(0);
  });

  test('goes on after the server was frozen', async () => {
    const store = await server.open({ timeoutMs: 1_500, quietMs: 100 });
    const abort = new AbortController();
    const seen: number[] = [];
    const following = follow(store, abort, seen);
    const head = await appendUntilKnown(store, streamOf('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    while (seen.length < 1) await pause();
    await server.standIn.freeze();
    for (let call = 0; call < 4; call += 1) await failureOf(store.head());
    server.standIn.thaw();
    await appendUntilKnown(store, streamOf('a'), head, [newEvent({ number: 1 })]);
    while (seen.length < 2) await pause();
    abort.abort();
    await following;
    expect(seen).toEqual([0, 1]);
  });

  test('of a slow reader holds up nobody, and loses nothing', async () => {
    const store = await server.open();
    let head = NEW_STREAM;
    const batches = store.subscribe({ after: 0n, batchMax: 1, signal: new AbortController().signal });
    const reading = batches[Symbol.asyncIterator]();
    for (let number = 0; number < 30; number += 1)
      ({ head } = await store.append(
        streamOf('a'),
        head,
        Array.from({ length: 50 }, (_, index) => newEvent({ number: number * 50 + index })),
      ));
    const seen: unknown[] = [];
    while (seen.length < 1_500) {
      const { value } = (await reading.next()) as { value: EventBatch };
      seen.push(...value.events.map(({ data }) => data['number']));
    }
    expect(seen).toEqual(Array.from({ length: 1_500 }, (_, index) => index));
    await reading.return?.();
  });
});

test('twenty processes at one stream: each gets in by reading the head again, and the chain is whole', async () => {
  const increment = async (store: EventStoreDbEventStore, writer: number): Promise<void> => {
    for (;;) {
      const { head } = await store.readStream(streamOf('a'), { direction: 'backwards', limit: 1 });
      try {
        await store.append(streamOf('a'), head, [newEvent({ writer })]);
        return;
      } catch (error) {
        if (!isStreamConflict(error)) throw error;
      }
    }
  };
  const openStores = await Promise.all(Array.from({ length: 20 }, () => server.open()));
  await Promise.all(openStores.map(increment));
  const { events } = await (await server.open()).readStream(streamOf('a'));
  expect(events.map(({ data }) => data['writer']).toSorted()).toEqual(
    Array.from({ length: 20 }, (_, n) => n).toSorted(),
  );
  expect(chainIsWhole(events)).toBe(true);
});

test('two that decide one command at once get the same answer, and neither breaks the chain', async () => {
  const [one, two] = [await server.open(), await server.open()];
  const id = randomUUID();
  const decided = (by: string): NewEvent => newEvent({ by }, id);
  const [first, second] = await Promise.all([
    one.append(streamOf('a'), NEW_STREAM, [decided('one')]),
    two.append(streamOf('a'), NEW_STREAM, [decided('two')]),
  ]);
  expect(second).toEqual(first);
  await two.append(streamOf('a'), second.head, [newEvent()]);
  const { events } = await one.readStream(streamOf('a'));
  expect(events).toHaveLength(2);
  expect(chainIsWhole(events)).toBe(true);
});
