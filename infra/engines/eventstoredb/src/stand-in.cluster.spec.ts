import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ANY,
  END,
  EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  STREAM_EXISTS,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type JSONEventData,
  type Position,
} from '@eventstore/db-client';
import { startStandIn, type StandIn } from './testing.ts';

/**
 * What was observed of EventStoreDB 23.10, as far as it has a form here: both the stand-in and a real server have to behave like this.
 * A real one is named by `MILLRACE_TEST_EVENTSTOREDB`; the faults, at the end, are those of a server that the test may kill.
 */
const given = process.env['MILLRACE_TEST_EVENTSTOREDB'];
let directory: string;
let standIn: StandIn | undefined;
let client: EventStoreDBClient;
let stream: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'eventstoredb-stand-in-'));
  standIn = given === undefined || given === '' ? await startStandIn(directory) : undefined;
  client = connect();
});

afterAll(async () => {
  await client.dispose();
  await standIn?.end();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(() => {
  stream = `standin-${randomUUID()}`;
});

const connect = (more = ''): EventStoreDBClient =>
  EventStoreDBClient.connectionString((standIn?.connectionString ?? given ?? '') + more);
const event = (name: string, bytes = 0): JSONEventData =>
  jsonEvent({ type: 'Happened', data: { name, filling: 'x'.repeat(bytes) }, metadata: { about: name } });
const failure = async (work: Promise<unknown>): Promise<Record<string, unknown>> => {
  try {
    await work;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('It has not failed.');
};
const names = async (of = stream): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { event: read } of client.readStream(of)) found.push((read?.data as { name: string }).name);
  return found;
};
const drained = async (reading: AsyncIterable<unknown>): Promise<number> => {
  let count = 0;
  for await (const _ of reading) count += 1;
  return count;
};

// The client appends by BatchAppend, or by Append where it is given credentials: the server keeps the same rules on both ways.
describe.each([
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
])('appends by %s', (_, way) => {
  const append = (
    events: readonly JSONEventData[],
    expectedRevision: bigint | typeof NO_STREAM | typeof ANY | typeof STREAM_EXISTS,
  ) => client.appendToStream(stream, [...events], { expectedRevision, ...way });

  test('the first one of two events', async () => {
    const { success, nextExpectedRevision, position } = await append([event('a'), event('b')], NO_STREAM);
    expect({ success, nextExpectedRevision }).toEqual({ success: true, nextExpectedRevision: 1n });
    expect(position?.commit).toBe(position?.prepare);
    const read: Position[] = [];
    for await (const { event: found } of client.readStream(stream)) if (found?.position) read.push(found.position);
    expect(read[1]).toEqual(position);
    expect((read[1]?.commit ?? 0n) - (read[0]?.commit ?? 0n)).toBeGreaterThan(1n);
  });

  test('the same ids again at the same revision, or at any, are answered as the first time, and not written', async () => {
    const events = [event('a'), event('b')];
    const first = await append(events, NO_STREAM);
    expect(await append(events, NO_STREAM)).toEqual(first);
    expect(await append(events, ANY)).toEqual(first);
    expect(await append(events.slice(0, 1), NO_STREAM)).toMatchObject({ success: true, nextExpectedRevision: 0n });
    expect(await names()).toEqual(['a', 'b']);
  });

  test('the same ids after themselves are written a second time', async () => {
    const events = [event('a'), event('b')];
    await append(events, NO_STREAM);
    expect(await append(events, 1n)).toMatchObject({ nextExpectedRevision: 3n });
    expect(await names()).toEqual(['a', 'b', 'a', 'b']);
  });

  test('partly known ones are a conflict', async () => {
    const [a, b, d] = [event('a'), event('b'), event('d')];
    await append([a, b], NO_STREAM);
    expect(await failure(append([b, d], 0n))).toMatchObject({ type: 'wrong-expected-version' });
    expect(await failure(append([a, b, d], NO_STREAM))).toMatchObject({ type: 'wrong-expected-version' });
    expect(await names()).toEqual(['a', 'b']);
  });

  test('others at a stale or future revision are a conflict that says both', async () => {
    const conflict = { type: 'wrong-expected-version', streamName: stream };
    await append([event('a'), event('b')], NO_STREAM);
    await append([event('c'), event('d')], 1n);
    expect(await failure(append([event('x')], 0n))).toMatchObject({
      ...conflict,
      expectedVersion: 0n,
      actualVersion: 3n,
    });
    expect(await failure(append([event('x')], 9n))).toMatchObject({
      ...conflict,
      expectedVersion: 9n,
      actualVersion: 3n,
    });
    expect(await failure(append([event('x')], NO_STREAM))).toMatchObject({
      ...conflict,
      expectedVersion: 'no_stream',
      actualVersion: 3n,
    });
  });

  test('to a stream that is not there, where it has to be', async () => {
    expect(await failure(append([event('x')], 0n))).toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 'no_stream',
    });
    expect(await failure(append([event('x')], STREAM_EXISTS))).toMatchObject({ type: 'wrong-expected-version' });
  });

  test('over 1 MiB, of one event or of twenty', async () => {
    const twenty = Array.from({ length: 20 }, (__, index) => event(`${index}`, 100_000));
    for (const events of [[event('big', 2_000_000)], twenty])
      expect(await failure(append(events, NO_STREAM))).toMatchObject({
        type: 'maximum-append-size-exceeded',
        maxAppendSize: 1_048_576,
      });
    expect(await failure(names())).toMatchObject({ type: 'stream-not-found' });
  });

  test('of an event of 20 MB', async () => {
    const error = await failure(append([event('huge', 20_000_000)], NO_STREAM));
    expect(error).toMatchObject({ type: 'unknown', code: 8 });
    expect(error['message']).toContain('Received message exceeds the maximum configured message size');
  });

  test('to a soft-deleted stream go on with its revisions', async () => {
    await append([event('a'), event('b')], NO_STREAM);
    await append([event('c'), event('d')], 1n);
    await client.deleteStream(stream);
    expect(await failure(names())).toMatchObject({ type: 'stream-not-found' });
    expect(await append([event('e')], NO_STREAM)).toMatchObject({ success: true, nextExpectedRevision: 4n });
    expect(await names()).toEqual(['e']);
  });

  test('to a tombstoned stream are refused', async () => {
    await append([event('a')], NO_STREAM);
    await client.tombstoneStream(stream);
    expect(await failure(append([event('b')], 0n))).toMatchObject({ type: 'stream-deleted', streamName: stream });
    expect(await failure(names())).toMatchObject({ type: 'stream-deleted' });
  });

  test('twenty at one revision: one is written', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, (__, n) => append([event(`${n}`)], NO_STREAM)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await names()).toHaveLength(1);
  });
});

describe('a read', () => {
  const append = (count: number, from = 0): Promise<unknown> =>
    client.appendToStream(
      stream,
      Array.from({ length: count }, (_, index) => event(String(from + index))),
      { expectedRevision: from === 0 ? NO_STREAM : BigInt(from - 1) },
    );

  test('of a stream that is not there fails at the first step', async () => {
    const error = await failure(drained(client.readStream(stream)));
    expect(error).toMatchObject({ type: 'stream-not-found', streamName: stream });
  });

  test('goes both ways from anywhere', async () => {
    await append(10);
    const read = async (options: Parameters<EventStoreDBClient['readStream']>[1]): Promise<readonly number[]> => {
      const revisions: number[] = [];
      for await (const { event: found } of client.readStream(stream, options)) revisions.push(Number(found?.revision));
      return revisions;
    };
    expect(await read({ fromRevision: 7n })).toEqual([7, 8, 9]);
    expect(await read({ fromRevision: 3n, maxCount: 2 })).toEqual([3, 4]);
    expect(await read({ fromRevision: 10n })).toEqual([]);
    expect(await read({ direction: 'backwards', fromRevision: END, maxCount: 3 })).toEqual([9, 8, 7]);
    expect(await read({ direction: 'backwards', fromRevision: 1n })).toEqual([1, 0]);
  });

  test('of everything begins with the event at its position, against the log before it', async () => {
    await append(3);
    const positions: Position[] = [];
    for await (const { event: found } of client.readStream(stream)) if (found?.position) positions.push(found.position);
    const [first, second, third] = positions;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Three were appended.');
    const own = async (from: Position, direction: 'forwards' | 'backwards'): Promise<readonly bigint[]> => {
      const found: bigint[] = [];
      for await (const { event: read } of client.readAll({ fromPosition: from, direction, maxCount: 2 }))
        if (read?.streamId === stream) found.push(read.position.commit);
      return found;
    };
    expect(await own(second, 'forwards')).toEqual([second.commit, third.commit]);
    expect(await own(third, 'backwards')).toEqual([second.commit, first.commit]);
  });

  test('gives back data, metadata, type and time', async () => {
    const sent = event('Größe 🚀');
    const before = Date.now();
    await client.appendToStream(stream, sent, { expectedRevision: NO_STREAM });
    for await (const { event: read } of client.readStream(stream)) {
      expect(read).toMatchObject({
        id: sent.id,
        type: 'Happened',
        isJson: true,
        data: sent.data,
        metadata: sent.metadata,
      });
      expect(read?.created.getTime()).toBeGreaterThan(before - 60_000);
    }
  });
});

describe('a subscription to everything', () => {
  test('gives what stands behind its position, then what is appended, of the streams it asks for', async () => {
    const others = `other-${randomUUID()}`;
    const { position } = await client.appendToStream(stream, event('0'), { expectedRevision: NO_STREAM });
    await client.appendToStream(stream, event('1'), { expectedRevision: 0n });
    await client.appendToStream(others, event('x'), { expectedRevision: NO_STREAM });
    const live = client.subscribeToAll({
      ...(position === undefined ? {} : { fromPosition: position }),
      filter: streamNameFilter({ prefixes: [stream] }),
    });
    const taken: string[] = [];
    for await (const resolved of live as AsyncIterable<AllStreamResolvedEvent>) {
      taken.push((resolved.event?.data as { name: string }).name);
      if (taken.length === 1) await client.appendToStream(others, event('y'), { expectedRevision: 0n });
      if (taken.length === 1) await client.appendToStream(stream, event('2'), { expectedRevision: 1n });
      if (taken.length === 2) break;
    }
    expect(taken).toEqual(['1', '2']);
    await live.unsubscribe();
  });

  test('tells how far it has looked where nothing matches', async () => {
    const { position } = await client.appendToStream(stream, event('0'), { expectedRevision: NO_STREAM });
    let looked = 0n;
    const live = client.subscribeToAll({
      ...(position === undefined ? {} : { fromPosition: position }),
      filter: streamNameFilter({
        prefixes: ['nothing-begins-like-this'],
        maxSearchWindow: 10,
        checkpointInterval: 1,
        checkpointReached: (_, { commit }) => {
          looked = commit;
        },
      }),
    });
    live.on('data', () => undefined);
    let last = position?.commit ?? 0n;
    for (let revision = 0; looked < (position?.commit ?? 0n) + 1n; revision += 1)
      last =
        (await client.appendToStream(stream, event('more'), { expectedRevision: BigInt(revision) })).position?.commit ??
        0n;
    expect(looked).toBeLessThanOrEqual(last);
    await live.unsubscribe();
  });
});
