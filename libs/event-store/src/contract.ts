import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATEGORIES, streams, type Category, type JsonObject, type StreamName } from '@millrace/contracts';
import { chainHash } from './encoding.js';
import {
  APPEND_BYTES_MAX,
  NEW_STREAM,
  type EventBatch,
  type EventStore,
  type Head,
  type NewEvent,
  type Position,
  type RecordedEvent,
} from './event-store.js';

export { describeSnapshots } from './snapshots-contract.js';

const actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' } as const;

export function newEvent(data: JsonObject = {}, id: string = randomUUID(), type = 'Happened'): NewEvent {
  return {
    type,
    version: 1,
    data,
    metadata: {
      id,
      time: '2026-11-24T12:00:00.000Z',
      project: 'default',
      commandId: randomUUID(),
      actor,
      correlationId: 'c',
    },
  };
}

/**
 * What every adapter of {@link EventStore} keeps. A log is never assumed to be empty, nor its positions to be dense: so the suite also runs
 * against a server that is there, as long as nobody else appends meanwhile.
 *
 * @param open - on a directory that is the adapter's own; opened again after a close, the log is the same.
 */
export function describeEventStore(name: string, open: (directory: string) => Promise<EventStore>): void {
  describe(`${name} as EventStore`, () => {
    let directory: string;
    let store: EventStore;
    /** Where this test's part of the log begins. */
    let start: Position;
    let project: string;
    let aborts: AbortController[];

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'millrace-log-'));
      store = await open(directory);
      start = (await store.head()).position;
      project = `p${randomUUID()}`;
      aborts = [];
    });

    afterEach(async () => {
      for (const abort of aborts) abort.abort();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const stream = (key = 's'): StreamName => streams.execution(project, key);
    const numbered = (count: number, from = 0): readonly NewEvent[] =>
      Array.from({ length: count }, (_, index) => newEvent({ number: from + index }));
    const numbers = (events: readonly RecordedEvent[]): readonly unknown[] => events.map(({ data }) => data['number']);
    const subscribe = (after: Position, categories?: readonly Category[], batchMax?: number) => {
      const abort = new AbortController();
      aborts.push(abort);
      const batches = store.subscribe({
        after,
        signal: abort.signal,
        ...(categories === undefined ? {} : { categories }),
        ...(batchMax === undefined ? {} : { batchMax }),
      });
      return { abort, batches: batches[Symbol.asyncIterator]() };
    };
    /** Takes batches until so many events of this test have come. */
    const take = async (
      batches: AsyncIterator<EventBatch>,
      count: number,
    ): Promise<{ events: RecordedEvent[]; checkpoint: Position }> => {
      const events: RecordedEvent[] = [];
      let checkpoint = 0n;
      while (events.length < count) {
        const next = await batches.next();
        if (next.done === true) throw new Error(`The subscription ended after ${events.length} events.`);
        ({ checkpoint } = next.value);
        events.push(...next.value.events.filter(({ metadata }) => metadata.stream.includes(project)));
      }
      return { events, checkpoint };
    };

    describe('append', () => {
      test('answers with the new head and a position that grows', async () => {
        const first = await store.append(stream(), NEW_STREAM, numbered(2));
        const second = await store.append(stream(), first.head, numbered(1, 2));
        expect([first.head.revision, second.head.revision]).toEqual([1, 2]);
        expect(second.position).toBeGreaterThan(first.position);
        expect(first.position).toBeGreaterThan(start);
      });

      test('gives back what was written, with its place', async () => {
        const event = newEvent({ deep: { list: [1, 'two', null, { three: true }] } });
        const { head, position } = await store.append(stream(), NEW_STREAM, [event]);
        const slice = await store.readStream(stream());
        expect(slice.head).toEqual(head);
        const metadata = { ...event.metadata, type: 'Happened', version: 1, stream: stream(), revision: 0 };
        expect(slice.events).toEqual([
          {
            type: 'Happened',
            version: 1,
            stream: stream(),
            category: 'execution',
            revision: 0,
            position,
            data: event.data,
            metadata,
            hash: head.hash,
          },
        ]);
      });

      test('refuses a stale, a future and an unknown head, and writes nothing of it', async () => {
        const { head } = await store.append(stream(), NEW_STREAM, numbered(2));
        const wrong: readonly Head[] = [NEW_STREAM, { revision: 0, hash: head.hash }, { revision: 5, hash: head.hash }];
        for (const other of wrong)
          await expect(store.append(stream(), other, numbered(1, 9))).rejects.toMatchObject({
            name: 'StreamConflict',
            stream: stream(),
            expectedRevision: other.revision,
            actualRevision: 1,
          });
        expect((await store.readStream(stream())).head).toEqual(head);
      });

      test('refuses a head with the right revision and another history', async () => {
        await store.append(stream(), NEW_STREAM, numbered(1));
        const other = { revision: 0, hash: 'f'.repeat(64) };
        await expect(store.append(stream(), other, numbered(1))).rejects.toMatchObject({ name: 'StreamConflict' });
      });

      test('is all or nothing: of two appends at one head one wins whole', async () => {
        const results = await Promise.allSettled([
          store.append(stream(), NEW_STREAM, numbered(3, 0)),
          store.append(stream(), NEW_STREAM, numbered(3, 10)),
        ]);
        expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const { events } = await store.readStream(stream());
        expect([
          [0, 1, 2],
          [10, 11, 12],
        ]).toContainEqual(numbers(events));
      });

      test('a conflict does not spoil what is appended beside it', async () => {
        const { head } = await store.append(stream('a'), NEW_STREAM, numbered(1));
        const results = await Promise.allSettled([
          store.append(stream('b'), NEW_STREAM, numbered(1)),
          store.append(stream('a'), NEW_STREAM, numbered(1)),
          store.append(stream('a'), head, numbered(1, 1)),
          store.append(stream('c'), NEW_STREAM, numbered(1)),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      });

      test('refuses an empty one, and one over the limit with both sizes', async () => {
        await expect(store.append(stream(), NEW_STREAM, [])).rejects.toMatchObject({ name: 'RangeError' });
        const half = newEvent({ text: 'x'.repeat(APPEND_BYTES_MAX / 2) });
        await expect(store.append(stream(), NEW_STREAM, [half, half])).rejects.toMatchObject({
          name: 'RangeError',
          message: expect.stringMatching(/10\d{5} .*1000000/),
        });
        expect((await store.readStream(stream())).head).toEqual(NEW_STREAM);
      });

      test('takes one of exactly the limit, and not a byte more', async () => {
        const id = randomUUID();
        const sized = (bytes: number): NewEvent => ({
          ...newEvent({}, id),
          data: { text: 'é'.repeat(1) + 'x'.repeat(bytes) },
        });
        const { metadata, type, version } = sized(0);
        const overhead =
          Buffer.byteLength(JSON.stringify({ ...metadata, type, version, stream: stream(), revision: 0 })) +
          '{"text":"é"}'.length +
          1;
        const fitting = sized(APPEND_BYTES_MAX - overhead);
        const tooLong = { ...fitting, data: { text: `${String(fitting.data['text'])}x` } };
        await expect(store.append(stream(), NEW_STREAM, [{ ...tooLong, metadata }])).rejects.toMatchObject({
          name: 'RangeError',
        });
        await expect(store.append(stream(), NEW_STREAM, [{ ...fitting, metadata }])).resolves.toMatchObject({
          head: { revision: 0 },
        });
      });

      test.each([
        ['unicode', { text: 'Größe 🚀 \u0000 \u2028 \ud83d', 'schlüssel 🔑': 1 }],
        ['odd numbers', { tiny: 5e-324, big: 1.7976931348623157e308, whole: 9007199254740991, negative: -1 }],
        [
          'prototype-like keys',
          JSON.parse(
            '{"__proto__":{"polluted":true},"constructor":1,"toString":null,"hasOwnProperty":[]}',
          ) as JsonObject,
        ],
        ['emptiness', { '': '', none: null, list: [], object: {} }],
      ])('keeps %s, in every way of reading', async (_, data) => {
        const { batches } = subscribe(start);
        await store.append(stream(), NEW_STREAM, [newEvent(data)]);
        const fromStream = (await store.readStream(stream())).events[0]?.data;
        const fromAll = (await store.readAll({ after: start })).events.find(({ stream: of }) => of === stream())?.data;
        const live = (await take(batches, 1)).events[0]?.data;
        for (const read of [fromStream, fromAll, live]) expect(JSON.stringify(read)).toBe(JSON.stringify(data));
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      });

      test('a live reader gets what a later one will: without what JSON does not carry', async () => {
        const { batches } = subscribe(start);
        const data = { gone: undefined, zero: -0, list: [undefined] } as unknown as JsonObject;
        await store.append(stream(), NEW_STREAM, [newEvent(data)]);
        const live = (await take(batches, 1)).events[0];
        expect(Object.keys(live?.data ?? {})).toEqual(['zero', 'list']);
        expect(live).toEqual((await store.readStream(stream())).events[0]);
      });
    });

    describe('a repeated append', () => {
      test('succeeds with the first answer and writes nothing, also when the stream has moved on', async () => {
        const events = numbered(2);
        const first = await store.append(stream(), NEW_STREAM, events);
        expect(await store.append(stream(), NEW_STREAM, events)).toEqual(first);
        const { head } = await store.append(stream(), first.head, numbered(3, 2));
        expect(await store.append(stream(), NEW_STREAM, events)).toEqual(first);
        expect((await store.readStream(stream())).head).toEqual(head);
      });

      test('is known after a restart: an answer that was lost with the process is asked for again', async () => {
        const events = numbered(2);
        const first = await store.append(stream(), NEW_STREAM, events);
        await store.close();
        store = await open(directory);
        expect(await store.append(stream(), NEW_STREAM, events)).toEqual(first);
      });

      test('is known when both are under way at once', async () => {
        const events = numbered(2);
        const [first, second] = await Promise.all([
          store.append(stream(), NEW_STREAM, events),
          store.append(stream(), NEW_STREAM, events),
        ]);
        expect(second).toEqual(first);
        expect((await store.readStream(stream())).events).toHaveLength(2);
      });

      test('with the same ids and other content succeeds with what is stored, and the chain goes on from that', async () => {
        const id = randomUUID();
        const first = await store.append(stream(), NEW_STREAM, [newEvent({ number: 0 }, id)]);
        const second = await store.append(stream(), NEW_STREAM, [newEvent({ number: 1 }, id)]);
        expect(second).toEqual(first);
        const { head } = await store.append(stream(), second.head, numbered(1, 2));
        const slice = await store.readStream(stream());
        expect(numbers(slice.events)).toEqual([0, 2]);
        expect(slice.head).toEqual(head);
        const [stored, next] = slice.events;
        expect(next?.hash).toBe(
          chainHash(
            stored?.hash ?? '',
            Buffer.from(JSON.stringify(next?.metadata)),
            Buffer.from(JSON.stringify(next?.data)),
          ),
        );
      });

      test('of its beginning alone succeeds for that', async () => {
        const [a, b] = [newEvent({ number: 0 }), newEvent({ number: 1 })];
        await store.append(stream(), NEW_STREAM, [a, b]);
        expect(await store.append(stream(), NEW_STREAM, [a])).toMatchObject({ head: { revision: 0 } });
        expect((await store.readStream(stream())).head.revision).toBe(1);
      });

      test('of which only a part is known is a conflict', async () => {
        const [a, b, c] = [newEvent(), newEvent(), newEvent()];
        const { head } = await store.append(stream(), NEW_STREAM, [a, b]);
        const [first] = (await store.readStream(stream())).events;
        await expect(store.append(stream(), { revision: 0, hash: first?.hash ?? '' }, [b, c])).rejects.toMatchObject({
          name: 'StreamConflict',
        });
        await expect(store.append(stream(), NEW_STREAM, [a, b, c])).rejects.toMatchObject({ name: 'StreamConflict' });
        await expect(store.append(stream(), NEW_STREAM, [b, a])).rejects.toMatchObject({ name: 'StreamConflict' });
        expect((await store.readStream(stream())).head).toEqual(head);
      });
    });

    describe('a read', () => {
      test('of a stream that does not exist has no events', async () => {
        expect(await store.readStream(stream())).toEqual({ events: [], head: NEW_STREAM });
      });

      test('of a stream goes both ways, from anywhere, as far as is asked', async () => {
        const { head } = await store.append(stream(), NEW_STREAM, numbered(10));
        const read = async (options: Parameters<EventStore['readStream']>[1]) => {
          const slice = await store.readStream(stream(), options);
          expect(slice.head).toEqual(head);
          return numbers(slice.events);
        };
        expect(await read({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(await read({ from: 7 })).toEqual([7, 8, 9]);
        expect(await read({ from: 3, limit: 2 })).toEqual([3, 4]);
        expect(await read({ from: 10 })).toEqual([]);
        expect(await read({ direction: 'backwards', limit: 3 })).toEqual([9, 8, 7]);
        expect(await read({ direction: 'backwards', from: 1 })).toEqual([1, 0]);
      });

      test('of streams whose names begin alike keeps them apart', async () => {
        await store.append(stream('a'), NEW_STREAM, numbered(1));
        await store.append(stream('aa'), NEW_STREAM, numbered(1, 1));
        await store.append(stream('A'), NEW_STREAM, numbered(1, 2));
        expect(numbers((await store.readStream(stream('a'))).events)).toEqual([0]);
        expect(numbers((await store.readStream(stream('A'))).events)).toEqual([2]);
      });

      test('of everything pages through the log in order, and against it', async () => {
        for (let index = 0; index < 5; index += 1)
          await store.append(stream(`s${index}`), NEW_STREAM, numbered(5, index * 5));
        const forwards: unknown[] = [];
        for (let after = start, caughtUp = false; !caughtUp;) {
          const batch = await store.readAll({ after, limit: 4 });
          expect(batch.events.length).toBeLessThanOrEqual(4);
          forwards.push(...numbers(batch.events));
          ({ checkpoint: after, caughtUp } = batch);
        }
        expect(forwards).toEqual(Array.from({ length: 25 }, (_, number) => number));
        const last = await store.readAll({ direction: 'backwards', limit: 4 });
        const before = await store.readAll({ direction: 'backwards', limit: 4, after: last.checkpoint });
        expect([...numbers(last.events), ...numbers(before.events)]).toEqual([24, 23, 22, 21, 20, 19, 18, 17]);
      });

      test('of everything can be of some categories', async () => {
        await store.append(streams.traffic(project, 'a'), NEW_STREAM, numbered(2));
        await store.append(stream(), NEW_STREAM, numbered(2, 2));
        await store.append(streams.approval(project, 'a'), NEW_STREAM, numbered(1, 4));
        const { position } = await store.head();
        const some = await store.readAll({ after: start, categories: ['traffic', 'approval'] });
        expect(some).toMatchObject({ checkpoint: position, caughtUp: true });
        expect(numbers(some.events)).toEqual([0, 1, 4]);
        expect(some.events.map(({ category }) => category)).toEqual(['traffic', 'traffic', 'approval']);
        const last = await store.readAll({ direction: 'backwards', categories: ['execution'], limit: 1 });
        expect(numbers(last.events)).toEqual([3]);
        expect(await store.readAll({ after: position, categories: ['token'] })).toEqual({
          events: [],
          checkpoint: position,
          caughtUp: true,
        });
      });

      test('of the head names the last event', async () => {
        const { head, position } = await store.append(stream(), NEW_STREAM, numbered(3));
        expect(await store.head()).toEqual({ position, hash: head.hash });
      });
    });

    test('every event carries the hash of its predecessor, and anybody can recompute it', async () => {
      const { head } = await store.append(stream(), NEW_STREAM, numbered(3));
      await store.append(stream(), head, numbered(2, 3));
      let hash = NEW_STREAM.hash;
      for (const event of (await store.readStream(stream())).events) {
        hash = chainHash(hash, Buffer.from(JSON.stringify(event.metadata)), Buffer.from(JSON.stringify(event.data)));
        expect(event.hash).toBe(hash);
      }
    });

    test('keeps its id, heads and order when it is opened again', async () => {
      const { logId } = store;
      const { head, position } = await store.append(stream(), NEW_STREAM, numbered(3));
      await store.close();
      store = await open(directory);
      expect(store.logId).toBe(logId);
      expect(logId).toMatch(/^[0-9a-f-]{36}$/);
      expect((await store.head()).position).toBe(position);
      expect(await store.append(stream(), head, numbered(1, 3))).toMatchObject({ head: { revision: 3 } });
    });

    describe('a subscription', () => {
      test('delivers the backlog, then what is appended, each once and in order', async () => {
        await store.append(stream('old'), NEW_STREAM, numbered(3));
        const { batches } = subscribe(start);
        const backlog = await take(batches, 3);
        await store.append(stream('new'), NEW_STREAM, numbered(3, 3));
        const live = await take(batches, 3);
        expect([...numbers(backlog.events), ...numbers(live.events)]).toEqual([0, 1, 2, 3, 4, 5]);
        expect(live.checkpoint).toBeGreaterThanOrEqual(live.events.at(-1)?.position ?? 0n);
      });

      test('misses and repeats nothing while others append, at any pace of reading', async () => {
        const total = 2_000;
        const writing = Promise.all(
          Array.from({ length: 20 }, async (_, writer) => {
            let head = NEW_STREAM;
            for (let index = 0; index < total / 20; index += 1)
              ({ head } = await store.append(stream(`w${writer}`), head, [newEvent({ writer, index })]));
          }),
        );
        const readers = [1, 7, 500].map((batchMax) => take(subscribe(start, undefined, batchMax).batches, total));
        const results = await Promise.all(readers);
        await writing;
        const everything: RecordedEvent[] = [];
        for (let after = start, caughtUp = false; !caughtUp;) {
          const batch = await store.readAll({ after });
          everything.push(...batch.events.filter(({ metadata }) => metadata.stream.includes(project)));
          ({ checkpoint: after, caughtUp } = batch);
        }
        for (const { events } of results)
          expect(events.map(({ position }) => position)).toEqual(everything.map(({ position }) => position));
        expect(results[0]?.events).toEqual(everything);
      });

      test('goes on after a restart from its checkpoint, missing and repeating nothing', async () => {
        const seen: unknown[] = [];
        let checkpoint = start;
        let head = NEW_STREAM;
        for (let round = 0; round < 3; round += 1) {
          ({ head } = await store.append(stream(), head, numbered(2, round * 4)));
          const { batches } = subscribe(checkpoint);
          ({ head } = await store.append(stream(), head, numbered(2, round * 4 + 2)));
          const taken = await take(batches, 4);
          ({ checkpoint } = taken);
          seen.push(...numbers(taken.events));
          await store.close();
          store = await open(directory);
        }
        expect(seen).toEqual(Array.from({ length: 12 }, (_, number) => number));
      });

      test('of some categories passes the others with its checkpoint', async () => {
        const { batches } = subscribe(start, ['approval']);
        const { position } = await store.append(stream(), NEW_STREAM, numbered(3));
        let checkpoint = start;
        while (checkpoint < position) {
          const next = await batches.next();
          if (next.done === true) throw new Error('It ended.');
          expect(next.value.events.filter(({ metadata }) => metadata.stream.includes(project))).toEqual([]);
          ({ checkpoint } = next.value);
        }
        await store.append(streams.approval(project, 'a'), NEW_STREAM, numbered(1, 3));
        expect(numbers((await take(batches, 1)).events)).toEqual([3]);
      });

      test('of every category sees everything', async () => {
        const { batches } = subscribe(start, CATEGORIES);
        for (const category of CATEGORIES)
          await store.append(`${category}-${project}/x` as StreamName, NEW_STREAM, numbered(1));
        expect((await take(batches, CATEGORIES.length)).events.map(({ category }) => category)).toEqual(CATEGORIES);
      });

      test('gives no more events at once than was said', async () => {
        await store.append(stream(), NEW_STREAM, numbered(10));
        const { batches } = subscribe(start, undefined, 3);
        const next = await batches.next();
        expect(next.value?.events.length).toBeLessThanOrEqual(3);
        expect(next.value?.caughtUp).toBe(false);
      });

      test('ends by its signal, also while it waits, and when it was aborted before', async () => {
        const { abort, batches } = subscribe((await store.head()).position);
        const waiting = batches.next();
        abort.abort();
        expect(await waiting).toEqual({ done: true, value: undefined });
        expect(await batches.next()).toEqual({ done: true, value: undefined });
        const late = store.subscribe({ after: 0n, signal: AbortSignal.abort() })[Symbol.asyncIterator]();
        expect((await late.next()).done).toBe(true);
      });

      test('ends by return, also while it waits', async () => {
        const { batches } = subscribe((await store.head()).position);
        const waiting = batches.next();
        await batches.return?.();
        expect((await waiting).done).toBe(true);
      });

      test('ends when the store is closed', async () => {
        const { batches } = subscribe((await store.head()).position);
        const waiting = batches.next();
        await store.close();
        expect((await waiting).done).toBe(true);
        store = await open(directory);
      });
    });

    describe('many writers', () => {
      test('of different streams all succeed, each in its own order', async () => {
        await Promise.all(
          Array.from({ length: 50 }, async (_, writer) => {
            let head = NEW_STREAM;
            for (let index = 0; index < 10; index += 1)
              ({ head } = await store.append(stream(`w${writer}`), head, numbered(2, index * 2)));
          }),
        );
        for (let writer = 0; writer < 50; writer += 1)
          expect(numbers((await store.readStream(stream(`w${writer}`))).events)).toEqual(
            Array.from({ length: 20 }, (_, number) => number),
          );
      });

      test('of one stream each get in by reading the head again, and none is lost', async () => {
        const increment = async (writer: number): Promise<void> => {
          const { head } = await store.readStream(stream(), { direction: 'backwards', limit: 1 });
          try {
            await store.append(stream(), head, [newEvent({ writer })]);
          } catch (error) {
            if ((error as Error).name !== 'StreamConflict') throw error;
            await increment(writer);
          }
        };
        await Promise.all(Array.from({ length: 30 }, (_, writer) => increment(writer)));
        const { events } = await store.readStream(stream());
        expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: 30 }, (_, revision) => revision));
        expect(new Set(events.map(({ data }) => data['writer'])).size).toBe(30);
      });
    });

    test('a closed store refuses, and closing it again is harmless', async () => {
      await store.close();
      await store.close();
      await expect(store.append(stream(), NEW_STREAM, numbered(1))).rejects.toMatchObject({ name: 'OperationalError' });
      await expect(store.readStream(stream())).rejects.toMatchObject({ name: 'OperationalError' });
      store = await open(directory);
    });

    test('a close makes what was appended before it durable and answers it', async () => {
      const appends = Array.from({ length: 10 }, (_, index) =>
        store.append(stream(`s${index}`), NEW_STREAM, numbered(1)),
      );
      await store.close();
      expect((await Promise.allSettled(appends)).map(({ status }) => status)).toEqual(
        Array.from({ length: 10 }, () => 'fulfilled'),
      );
      store = await open(directory);
      for (let index = 0; index < 10; index += 1)
        expect((await store.readStream(stream(`s${index}`))).events).toHaveLength(1);
    });
  });
}
