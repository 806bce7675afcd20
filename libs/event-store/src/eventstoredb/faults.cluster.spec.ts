import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { streams, type JsonObject, type StreamName } from '@millrace/contracts';
import { startStandIn, type StandIn } from '@millrace/eventstoredb-stand-in/testing';
import { isOperational } from '@millrace/runtime';
import { newEvent } from '../contract.js';
import { chainHash } from '../encoding.js';
import {
  isStreamConflict,
  NEW_STREAM,
  type EventBatch,
  type Head,
  type NewEvent,
  type RecordedEvent,
} from '../event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from './index.js';

/** What a server that dies, freezes or refuses does to the log. The server is a stand-in always: a real one is not ours to kill. */
let directory: string;
let server: StandIn;
const stores: EventStoreDbEventStore[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-eventstoredb-'));
  server = await startStandIn(directory);
});

afterEach(async () => {
  server.thaw();
  for (const store of stores.splice(0)) await store.close();
  await server.end();
  rmSync(directory, { recursive: true, force: true });
});

const open = async (more: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> => {
  const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString, ...more });
  stores.push(store);
  return store;
};
const restart = async (): Promise<void> => {
  await server.end('SIGKILL');
  server = await startStandIn(directory, { port: server.port });
};
const stream = (key: string): StreamName => streams.execution('default', key);
const failure = async (work: Promise<unknown>): Promise<Error & Record<string, unknown>> => {
  try {
    await work;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('It has not failed.');
};
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
/** The same append at the same head until its outcome is known, as the command handler does it. */
const appendUntilKnown = async (
  store: EventStoreDbEventStore,
  of: StreamName,
  head: Head,
  events: readonly NewEvent[],
): Promise<Head> => {
  for (;;) {
    try {
      return (await store.append(of, head, events)).head;
    } catch (error) {
      if (!isOperational(error) || !error.retryable) throw error;
      await pause();
    }
  }
};
const chainIsWhole = (events: readonly RecordedEvent[]): boolean => {
  let { hash } = NEW_STREAM;
  return events.every((event) => {
    hash = chainHash(hash, Buffer.from(JSON.stringify(event.metadata)), Buffer.from(JSON.stringify(event.data)));
    return event.hash === hash;
  });
};

test('killed five times under load: nothing acknowledged is lost, nothing is there twice, every chain is whole', async () => {
  const store = await open({ timeoutMs: 1_000 });
  const acknowledged = new Map<StreamName, string[]>();
  let total = 0;
  let stopped = false;
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    const own = stream(`w${writer}`);
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
    await restart();
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
  const store = await open({ timeoutMs: 1_000 });
  const events = [newEvent({ number: 0 }), newEvent({ number: 1 })];
  const { position } = await store.append(stream('a'), NEW_STREAM, events);
  await restart();
  const other = await open({ timeoutMs: 1_000 });
  expect(await other.append(stream('a'), NEW_STREAM, events)).toMatchObject({ position });
  expect((await other.readStream(stream('a'))).events).toHaveLength(2);
});

describe('a frozen server', () => {
  test('bounds every call; the append may have happened, and the same again tells', async () => {
    const store = await open({ timeoutMs: 500 });
    const { head } = await store.append(stream('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    const events = [newEvent({ number: 1 })];
    await server.freeze();
    const began = performance.now();
    const outcomes = await Promise.all([
      failure(store.append(stream('a'), head, events)),
      failure(store.readStream(stream('a'))),
      failure(store.readAll()),
      failure(store.head()),
    ]);
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const error of outcomes) expect(error).toMatchObject({ name: 'OperationalError', retryable: true });
    expect(outcomes.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([true, false, false, false]);
    server.thaw();
    const known = await appendUntilKnown(store, stream('a'), head, events);
    const slice = await store.readStream(stream('a'));
    expect(slice.events.map(({ data }) => data['number'])).toEqual([0, 1]);
    expect(slice.head).toEqual(known);
  });

  test('is left for a new connection after three calls without an answer, and the store goes on by itself', async () => {
    const store = await open({ timeoutMs: 200 });
    await server.freeze();
    for (let call = 0; call < 7; call += 1) await failure(store.readStream(stream('a')));
    server.thaw();
    await appendUntilKnown(store, stream('a'), NEW_STREAM, [newEvent()]);
    expect((await store.readStream(stream('a'))).events).toHaveLength(1);
  });

  test('does not hold up a close', async () => {
    const store = await open({ timeoutMs: 500 });
    const abort = new AbortController();
    const batches = store.subscribe({ after: 0n, signal: abort.signal })[Symbol.asyncIterator]();
    const waiting = batches.next();
    await server.freeze();
    const appending = failure(store.append(stream('a'), NEW_STREAM, [newEvent()]));
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
    const store = await open({ timeoutMs: 1_000, quietMs: 200 });
    const lost: unknown[] = [];
    const reader = await open({ timeoutMs: 1_000, quietMs: 200, onUnavailable: (error) => lost.push(error) });
    const abort = new AbortController();
    const seen: number[] = [];
    const following = follow(reader, abort, seen);
    let head = NEW_STREAM;
    let number = 0;
    const write = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        head = await appendUntilKnown(store, stream('a'), head, [newEvent({ number })]);
        number += 1;
      }
    };
    for (let round = 0; round < 4; round += 1) {
      const writing = write(60);
      while (seen.length < round * 60 + 20) await pause();
      await restart();
      await writing;
    }
    while (seen.length < number) await pause();
    abort.abort();
    await following;
    expect(seen).toEqual(Array.from({ length: number }, (_, index) => index));
    expect(lost.length).toBeGreaterThan(0);
  });

  test('goes on after the server was frozen', async () => {
    const store = await open({ timeoutMs: 300, quietMs: 100 });
    const abort = new AbortController();
    const seen: number[] = [];
    const following = follow(store, abort, seen);
    const head = await appendUntilKnown(store, stream('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    while (seen.length < 1) await pause();
    await server.freeze();
    for (let call = 0; call < 4; call += 1) await failure(store.head());
    server.thaw();
    await appendUntilKnown(store, stream('a'), head, [newEvent({ number: 1 })]);
    while (seen.length < 2) await pause();
    abort.abort();
    await following;
    expect(seen).toEqual([0, 1]);
  });

  test('of a slow reader holds up nobody, and loses nothing', async () => {
    const store = await open();
    let head = NEW_STREAM;
    const batches = store.subscribe({ after: 0n, batchMax: 1, signal: new AbortController().signal });
    const reading = batches[Symbol.asyncIterator]();
    for (let number = 0; number < 30; number += 1)
      ({ head } = await store.append(
        stream('a'),
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
      const { head } = await store.readStream(stream('a'), { direction: 'backwards', limit: 1 });
      try {
        await store.append(stream('a'), head, [newEvent({ writer })]);
        return;
      } catch (error) {
        if (!isStreamConflict(error)) throw error;
      }
    }
  };
  const openStores = await Promise.all(Array.from({ length: 20 }, () => open()));
  await Promise.all(openStores.map(increment));
  const { events } = await (await open()).readStream(stream('a'));
  expect(events.map(({ data }) => data['writer']).toSorted()).toEqual(
    Array.from({ length: 20 }, (_, n) => n).toSorted(),
  );
  expect(chainIsWhole(events)).toBe(true);
});

test('two that decide one command at once get the same answer, and neither breaks the chain', async () => {
  const [one, two] = [await open(), await open()];
  const id = randomUUID();
  const decided = (by: string): NewEvent => newEvent({ by }, id);
  const [first, second] = await Promise.all([
    one.append(stream('a'), NEW_STREAM, [decided('one')]),
    two.append(stream('a'), NEW_STREAM, [decided('two')]),
  ]);
  expect(second).toEqual(first);
  await two.append(stream('a'), second.head, [newEvent()]);
  const { events } = await one.readStream(stream('a'));
  expect(events).toHaveLength(2);
  expect(chainIsWhole(events)).toBe(true);
});

test('closing one store fails nothing of another in the same process', async () => {
  const staying = await open();
  let head = NEW_STREAM;
  for (let round = 0; round < 10; round += 1) {
    const leaving = await open();
    const appends = Promise.all([
      staying.append(stream('a'), head, [newEvent()]),
      leaving.append(stream(`l${round}`), NEW_STREAM, [newEvent()]),
    ]);
    await leaving.close();
    ({ head } = (await appends)[0]);
  }
  expect(head.revision).toBe(9);
});

test('whatever JSON is appended, what comes back has the bytes that were hashed', async () => {
  const store = await open();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), {
        minLength: 1,
        maxLength: 20,
      }),
      async (datas) => {
        const own = stream(randomUUID());
        await store.append(
          own,
          NEW_STREAM,
          datas.map((data) => newEvent(data as JsonObject)),
        );
        const { events } = await store.readStream(own);
        expect(chainIsWhole(events)).toBe(true);
        expect(events.map(({ data }) => JSON.stringify(data))).toEqual(datas.map((data) => JSON.stringify(data)));
      },
    ),
    { numRuns: 100 },
  );
});

describe('opening', () => {
  test('by many at once gives the log one id', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => open()));
    expect(new Set(opened.map(({ logId }) => logId)).size).toBe(1);
  });

  test('where no server is says so at once, and may be tried again', async () => {
    await server.end();
    const began = performance.now();
    expect(await failure(open())).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, mayHaveHappened: false });
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test('with a useless address says what is expected, and not what was given', async () => {
    const error = await failure(EventStoreDbEventStore.open({ connectionString: 'http://ada:secret@host' }));
    expect(error).toMatchObject({ code: 'STORE_ADDRESS', retryable: false });
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('secret');
  });

  test('with several hosts asks them who leads', async () => {
    const hosts = `esdb://127.0.0.1:1,127.0.0.1:${server.port}?tls=false`;
    const store = await open({ connectionString: hosts });
    expect(await store.append(stream('a'), NEW_STREAM, [newEvent()])).toMatchObject({ head: { revision: 0 } });
  });

  test('over TLS, by name and password', async () => {
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ]);
    const flags = ['--tls-certificate', certificate, '--tls-key', key, '--credentials', 'ada:se+cret'];
    await server.end();
    server = await startStandIn(directory, { flags });
    const address = (password: string): string =>
      `esdb://ada:${password}@localhost:${server.port}?tls=true&tlsCAFile=${encodeURIComponent(certificate)}`;
    const store = await open({ connectionString: address('se%2Bcret') });
    expect(await store.append(stream('a'), NEW_STREAM, [newEvent()])).toMatchObject({ head: { revision: 0 } });
    const batches = store.subscribe({ after: 0n, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect((await batches.next()).value?.events).toHaveLength(1);
    expect(await failure(open({ connectionString: address('wrong') }))).toMatchObject({
      code: 'STORE_ACCESS_DENIED',
      retryable: false,
    });
    expect(await failure(open({ connectionString: `esdb://localhost:${server.port}?tls=true` }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe('what is not ours', () => {
  const write = async (work: (client: EventStoreDBClient) => Promise<unknown>): Promise<void> => {
    const client = EventStoreDBClient.connectionString(server.connectionString);
    await work(client);
    await client.dispose();
  };

  test('an event of somebody else in a stream of ours stops whoever reads it, by name', async () => {
    const store = await open();
    await write((client) => client.appendToStream(stream('a'), jsonEvent({ type: 'Foreign', data: {} })));
    const foreign = { code: 'STORE_NOT_OURS', retryable: false, message: expect.stringContaining(stream('a')) };
    expect(await failure(store.readStream(stream('a')))).toMatchObject(foreign);
    expect(await failure(store.readAll())).toMatchObject(foreign);
    const batches = store.subscribe({ after: 0n, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect(await failure(batches.next())).toMatchObject(foreign);
  });

  test('events of other streams are passed over', async () => {
    const store = await open();
    await store.append(stream('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    for (let round = 0; round < 3; round += 1)
      await write((client) =>
        client.appendToStream(
          'invoices-1',
          Array.from({ length: 400 }, () => jsonEvent({ type: 'Foreign', data: {} })),
        ),
      );
    const { position } = await store.append(stream('b'), NEW_STREAM, [newEvent({ number: 1 })]);
    await write((client) => client.appendToStream('invoices-1', jsonEvent({ type: 'Foreign', data: {} })));
    expect((await store.head()).position).toBe(position);
    expect(await store.readAll()).toMatchObject({ checkpoint: position, caughtUp: true, events: [{}, {}] });
    expect(
      (await store.readAll({ direction: 'backwards', limit: 2 })).events.map(({ data }) => data['number']),
    ).toEqual([1, 0]);
  });

  test('a stream that was deleted beneath us is noticed by the append that goes to another place', async () => {
    const store = await open();
    await store.append(stream('a'), NEW_STREAM, [newEvent(), newEvent()]);
    await write((client) => client.deleteStream(stream('a')));
    expect((await store.readStream(stream('a'))).head).toEqual(NEW_STREAM);
    expect(await failure(store.append(stream('a'), NEW_STREAM, [newEvent()]))).toMatchObject({
      code: 'STORE_NOT_OURS',
    });
    await write((client) => client.tombstoneStream(stream('b')));
    expect(await failure(store.append(stream('b'), NEW_STREAM, [newEvent()]))).toMatchObject({
      code: 'STREAM_DELETED',
    });
  });

  test('a server with a lower limit refuses with both sizes', async () => {
    await server.end();
    server = await startStandIn(directory, { flags: ['--max-append-size', '5000'] });
    const store = await open();
    const error = await failure(store.append(stream('a'), NEW_STREAM, [newEvent({ text: 'x'.repeat(6_000) })]));
    expect(error).toMatchObject({ name: 'RangeError', message: expect.stringMatching(/5000 bytes.*MaxAppendSize/) });
  });
});
