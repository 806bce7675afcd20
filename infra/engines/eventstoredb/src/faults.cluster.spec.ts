import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, NO_STREAM, type JSONEventData, type Position } from '@eventstore/db-client';
import { startStandIn, type StandIn } from './testing.ts';

/** What was observed of the client when the server dies or freezes: the stand-in has to be able to do that to it. */
let directory: string;
let server: StandIn;
let client: EventStoreDBClient;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'eventstoredb-stand-in-'));
  server = await startStandIn(directory);
  client = EventStoreDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await server.end();
  await client.dispose();
  rmSync(directory, { recursive: true, force: true });
});

const event = (name: number): JSONEventData => jsonEvent({ type: 'Happened', data: { name } });
const restart = async (): Promise<void> => {
  await server.end('SIGKILL');
  server = await startStandIn(directory, { port: server.port });
};
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const expectedAfter = (count: number): bigint | typeof NO_STREAM => (count === 0 ? NO_STREAM : BigInt(count - 1));
const names = async (stream: string): Promise<readonly number[]> => {
  const found: number[] = [];
  for await (const { event: read } of client.readStream(stream)) found.push((read?.data as { name: number }).name);
  return found;
};

test('says in its first line what it is, and ends by SIGTERM', async () => {
  expect(server.said[0]).toMatch(/^This is a stand-in for EventStoreDB/);
  await server.end();
  expect(server.process.exitCode).toBe(0);
});

test('owns its data alone', async () => {
  await expect(startStandIn(directory)).rejects.toThrow(/database is locked/);
});

test('killed five times under load: repeated at the same revision, all is there once and in order', async () => {
  const failures: unknown[] = [];
  let acknowledged = 0;
  let stopped = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    let count = 0;
    for (; !stopped; count += 1, acknowledged += 1) {
      const next = event(count);
      for (let done = false; !done;)
        done = await client.appendToStream(`s-${writer}`, next, { expectedRevision: expectedAfter(count) }).then(
          () => true,
          async (error: unknown) => {
            failures.push(error);
            await pause();
            return false;
          },
        );
    }
    return count;
  });
  for (let kill = 1; kill <= 5; kill += 1) {
    while (acknowledged < kill * 200) await pause();
    await restart();
  }
  while (acknowledged < 1_200) await pause();
  stopped = true;
  const counts = await Promise.all(writers);
  for (const [writer, count] of counts.entries())
    expect(await names(`s-${writer}`)).toEqual(Array.from({ length: count }, (_, index) => index));
  expect(failures.length).toBeGreaterThan(0);
  // The same fault by several names, which is why nobody may tell from it whether something was written.
  for (const { type } of failures as { type?: string }[]) expect(['unavailable', 'unknown', undefined]).toContain(type);
});

test('a subscription ends with the server and does not come back; a new one from its last position misses nothing', async () => {
  await client.appendToStream('s-1', [event(0), event(1)], { expectedRevision: NO_STREAM });
  const seen: number[] = [];
  let last: Position | undefined;
  const follow = () => {
    const live = client.subscribeToAll(last === undefined ? {} : { fromPosition: last });
    live.on('data', ({ event: read }) => {
      if (read?.streamId !== 's-1') return;
      seen.push((read.data as { name: number }).name);
      last = read.position;
    });
    return live;
  };
  const first = follow();
  const ended = new Promise<unknown>((resolve) => first.on('error', resolve));
  while (seen.length < 2) await pause();
  await restart();
  expect(await ended).toMatchObject({ type: 'unavailable' });
  for (let revision = 1n, done = false; !done;)
    done = await client.appendToStream('s-1', event(2), { expectedRevision: revision }).then(
      () => true,
      () => pause().then(() => false),
    );
  const second = follow();
  while (seen.length < 3) await pause();
  expect(seen).toEqual([0, 1, 2]);
  await second.unsubscribe();
});

test('frozen, it answers nothing; thawed, what was sent is written', async () => {
  await client.appendToStream('s-1', event(0), { expectedRevision: NO_STREAM });
  await server.freeze();
  let answered = false;
  const appending = client.appendToStream('s-1', event(1), { expectedRevision: 0n, deadline: 200 }).finally(() => {
    answered = true;
  });
  const began = performance.now();
  while (performance.now() - began < 1_000) await pause();
  // The deadline of the call does not bound it.
  expect(answered).toBe(false);
  server.thaw();
  await appending;
  expect(await names('s-1')).toEqual([0, 1]);
});

test('no server at the address is an error of the transport', async () => {
  await server.end();
  const other = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${server.port}?tls=false`);
  await expect(other.appendToStream(randomUUID(), event(0), { expectedRevision: NO_STREAM })).rejects.toMatchObject({
    code: 14,
  });
  await other.dispose();
});
