import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { JsonObject } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM } from '../event-store.js';
import { verifyLog, type LogFault } from '../verify-log.js';
import { EventStoreDbLogReader } from './index.js';
import { chainIsWhole, failureOf, streamOf, useOwnServer } from './testing/own-server.js';

/** What others have done to the server, and what JSON may hold. */
const server = useOwnServer();

describe('what is not ours', () => {
  const write = async (work: (client: EventStoreDBClient) => Promise<unknown>): Promise<void> => {
    const client = EventStoreDBClient.connectionString(server.standIn.connectionString);
    await work(client);
    await client.dispose();
  };

  test('an event of somebody else in a stream of ours stops whoever reads it, by name', async () => {
    const store = await server.open();
    await write((client) => client.appendToStream(streamOf('a'), jsonEvent({ type: 'Foreign', data: {} })));
    const foreign = { code: 'STORE_NOT_OURS', retryable: false, message: expect.stringContaining(streamOf('a')) };
    expect(await failureOf(store.readStream(streamOf('a')))).toMatchObject(foreign);
    expect(await failureOf(store.readAll())).toMatchObject(foreign);
    const batches = store.subscribe({ after: 0n, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect(await failureOf(batches.next())).toMatchObject(foreign);
  });

  test('events of other streams are passed over', async () => {
    const store = await server.open();
    await store.append(streamOf('a'), NEW_STREAM, [newEvent({ number: 0 })]);
    for (let round = 0; round < 3; round += 1)
      await write((client) =>
        client.appendToStream(
          'invoices-1',
          Array.from({ length: 400 }, () => jsonEvent({ type: 'Foreign', data: {} })),
        ),
      );
    const { position } = await store.append(streamOf('b'), NEW_STREAM, [newEvent({ number: 1 })]);
    await write((client) => client.appendToStream('invoices-1', jsonEvent({ type: 'Foreign', data: {} })));
    expect((await store.head()).position).toBe(position);
    expect(await store.readAll()).toMatchObject({ checkpoint: position, caughtUp: true, events: [{}, {}] });
    expect(
      (await store.readAll({ direction: 'backwards', limit: 2 })).events.map(({ data }) => data['number']),
    ).toEqual([1, 0]);
  });

  test('a stream that was deleted beneath us is noticed by the append that goes to another place', async () => {
    const store = await server.open();
    await store.append(streamOf('a'), NEW_STREAM, [newEvent(), newEvent()]);
    await write((client) => client.deleteStream(streamOf('a')));
    expect((await store.readStream(streamOf('a'))).head).toEqual(NEW_STREAM);
    expect(await failureOf(store.append(streamOf('a'), NEW_STREAM, [newEvent()]))).toMatchObject({
      code: 'STORE_NOT_OURS',
    });
    await write((client) => client.tombstoneStream(streamOf('b')));
    expect(await failureOf(store.append(streamOf('b'), NEW_STREAM, [newEvent()]))).toMatchObject({
      code: 'STREAM_DELETED',
    });
  });

  test('a server with a lower limit refuses with both sizes', async () => {
    await server.replace(['--max-append-size', '5000']);
    const store = await server.open();
    const error = await failureOf(store.append(streamOf('a'), NEW_STREAM, [newEvent({ text: 'x'.repeat(6_000) })]));
    expect(error).toMatchObject({ name: 'RangeError', message: expect.stringMatching(/5000 bytes.*MaxAppendSize/) });
  });
});
test('whatever JSON is appended, what comes back has the bytes that were hashed', async () => {
  const store = await server.open();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), {
        minLength: 1,
        maxLength: 20,
      }),
      async (datas) => {
        const own = streamOf(randomUUID());
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

describe('a log that is verified', () => {
  const faultsOf = async (): Promise<readonly LogFault[]> => {
    const reader = await EventStoreDbLogReader.open({ connectionString: server.standIn.connectionString });
    try {
      const faults: LogFault[] = [];
      for await (const step of verifyLog(reader)) faults.push(...step.faults);
      return faults;
    } finally {
      await reader.close();
    }
  };
  const write = async (): Promise<void> => {
    const store = await server.open();
    for (const key of ['a', 'b', 'c']) {
      let head = NEW_STREAM;
      for (let round = 0; round < 8; round += 1) {
        const events = Array.from({ length: 100 }, (_, index) => newEvent({ number: round * 100 + index }));
        ({ head } = await store.append(streamOf(key), head, events));
      }
    }
  };
  /** What somebody with access to the engine's disk could do. */
  const tamper = async (sql: string): Promise<void> => {
    await server.standIn.end();
    const database = new DatabaseSync(join(server.directory, 'eventstoredb-stand-in.sqlite'));
    expect(database.prepare(sql).run().changes).toBe(1);
    database.close();
    await server.replace([]);
  };

  test('is sound, however many pages it has', async () => {
    await write();
    expect(await faultsOf()).toEqual([]);
  });

  test('names the event whose data was changed', async () => {
    await write();
    await tamper(
      `UPDATE events SET data = CAST('{"number":-1}' AS BLOB) WHERE revision = 650 AND stream = (SELECT id FROM streams WHERE name = '${streamOf('b')}')`,
    );
    expect(await faultsOf()).toEqual([
      expect.objectContaining({ stream: streamOf('b'), revision: 650, problem: expect.stringContaining('hash') }),
    ]);
  });

  test('names the event whose predecessor is gone', async () => {
    await write();
    await tamper(
      `DELETE FROM events WHERE revision = 42 AND stream = (SELECT id FROM streams WHERE name = '${streamOf('c')}')`,
    );
    expect(await faultsOf()).toEqual([
      expect.objectContaining({ stream: streamOf('c'), revision: 43, problem: 'revision 42 of the stream is missing' }),
    ]);
  });

  test('is refused where there is none', async () => {
    const opening = EventStoreDbLogReader.open({ connectionString: server.standIn.connectionString });
    expect(await failureOf(opening)).toMatchObject({ code: 'NO_LOG', retryable: false });
  });
});
