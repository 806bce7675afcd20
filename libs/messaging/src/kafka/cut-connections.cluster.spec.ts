import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { streams } from '@millrace/contracts';
import { NEW_STREAM, type Envelope, type Head, type NewEvent, type Position } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { FaultProxy } from '@millrace/fault-proxy';
import { startKafka, type KafkaEngine } from '@millrace/kafka-engine/testing';
import { isOperational } from '@millrace/runtime';
import { KafkaCommands, KafkaCommandServer, KafkaConnection, KafkaMessages, KafkaRelay } from './index.js';

/** More by hand: `MILLRACE_TEST_CUTS=3000 npm run test:cluster -- cut-connections`. */
const CUTS = Number(process.env['MILLRACE_TEST_CUTS'] ?? 150);
const KEYS = 8;
const CONSUMER = { name: 'cut.consumer.v1', categories: ['execution'] as const };

let directory: string;
let proxy: FaultProxy;
let kafka: KafkaEngine;
let store: SqliteEventStore;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-cut-'));
  proxy = await FaultProxy.listen();
  kafka = await startKafka(join(directory, 'kafka'), { advertisePort: proxy.port });
  proxy.targetPort = kafka.port;
  store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  await (await connect()).ensureTopics();
});

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await store.close();
  await proxy.close();
  await kafka.end();
  rmSync(directory, { recursive: true, force: true });
});

/** As a process of its own would: nothing is shared with the others but the broker. */
async function connect(): Promise<KafkaConnection> {
  const connection = await KafkaConnection.open({
    address: `kafka://127.0.0.1:${proxy.port}`,
    clientId: 'cut',
    // Few, so that sends to one overlap.
    partitions: 2,
    fetchWaitMs: 50,
    timeoutMs: 4_000,
    sessionTimeoutMs: 3_000,
  });
  closers.push(() => connection.close());
  return connection;
}

/** Many things in the log, from many sides at once, until it is told to stop. Gives the last number of each key. */
async function append(
  until: AbortSignal,
): Promise<{ readonly last: Position; readonly counts: ReadonlyMap<string, number> }> {
  const counts = new Map<string, number>();
  let last: Position = 0n;
  const write = async (key: string): Promise<void> => {
    let head: Head = NEW_STREAM;
    for (let number = 0; !until.aborted; number += 1) {
      const event: NewEvent = {
        type: 'Happened',
        version: 1,
        data: { number },
        metadata: {
          id: randomUUID(),
          time: '2026-11-24T12:00:00.000Z',
          project: 'default',
          pipelineId: key,
          commandId: randomUUID(),
          actor: { kind: 'service', id: 's', name: 's', issuer: 'millrace' },
          correlationId: 'c',
        },
      };
      const appended = await store.append(streams.execution('default', key), head, [event]);
      head = appended.head;
      if (appended.position > last) last = appended.position;
      counts.set(key, number + 1);
      await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: KEYS }, (_, key) => write(`p${key}`)));
  return { last, counts };
}

/** The same until it is answered, as whoever is told "may have happened" does. */
async function answered(commands: KafkaCommands, number: number, envelope: Envelope): Promise<number> {
  for (;;) {
    try {
      const reply = await commands.send({ target: 'traffic', type: 'StartExecution', data: { number } }, envelope);
      return reply.accepted ? Number(reply.position) : -1;
    } catch (error) {
      if (!isOperational(error) || !error.retryable) throw error;
    }
  }
}

/** Between a request and its answer, again and again; now and then all at once, and now and then connections that are dead and do not say so. */
async function cut(isEnough: () => boolean): Promise<void> {
  for (let round = 1; !isEnough(); round += 1) {
    proxy.cutAtAnswers(1 + (round % 3));
    if (round % 40 === 0) proxy.reset();
    if (round % 100 === 0) proxy.halfOpen();
    proxy.delay(round % 10 === 0 ? 5 : 0);
    await sleep(25);
  }
  proxy.cutAtAnswers(0);
  proxy.delay(0);
}

test(`events: none is lost and each key is in order, while ${CUTS} answers are cut off`, async () => {
  const handled = new Map<string, number[]>();
  let lost = 0;
  const subscriptions = await Promise.all(
    [1, 2].map(async () => {
      const messages = new KafkaMessages({ connection: await connect(), store });
      closers.push(() => messages.close());
      return messages.subscribe(CONSUMER, async ({ event, key }) => {
        const numbers = handled.get(key) ?? [];
        handled.set(key, numbers);
        const number = Number(event.data['number']);
        // What is repeated after a rebalance was handled once before; what comes new is the very next.
        if (number > numbers.length) lost += 1;
        if (number === numbers.length) numbers.push(number);
      });
    }),
  );
  // Two, of which one has the duty; a cut may give it to the other.
  for (let process = 0; process < 2; process += 1) {
    const relay = new KafkaRelay({ connection: await connect(), store, owner: 'execution' });
    relay.start();
    closers.push(() => relay.stop());
  }
  const enough = new AbortController();
  const appending = append(enough.signal);
  await cut(() => proxy.cuts >= CUTS);
  enough.abort();
  const { last, counts } = await appending;
  await subscriptions[0]?.reached(last);
  expect(lost).toBe(0);
  expect(new Map([...handled].map(([key, numbers]) => [key.replace('default/', ''), numbers.length]))).toEqual(counts);
  expect(proxy.cuts).toBeGreaterThanOrEqual(CUTS);
}, 900_000);

test(`commands: what was acknowledged has happened, once, while ${CUTS} answers are cut off`, async () => {
  const effects = new Map<string, number>();
  for (let process = 0; process < 2; process += 1) {
    const server = new KafkaCommandServer({
      connection: await connect(),
      owner: 'execution',
      // As a decider does: a known id is answered with its first result.
      receivers: new Map([
        [
          'traffic',
          async ({ data }, { commandId }) => {
            if (!effects.has(commandId)) effects.set(commandId, Number(data['number']));
            return { accepted: true, position: BigInt(effects.get(commandId) ?? -1), events: [] };
          },
        ],
      ]),
    });
    server.start();
    closers.push(() => server.stop());
    await server.ready();
  }
  const commands = await KafkaCommands.open({ connection: await connect(), sender: 'gateway', timeoutMs: 3_000 });
  closers.push(() => commands.close());
  const enough = new AbortController();
  const acknowledged = new Map<string, number>();
  const send = async (key: string): Promise<void> => {
    for (let number = 0; !enough.signal.aborted; number += 1) {
      const envelope: Envelope = {
        commandId: randomUUID(),
        project: 'default',
        pipelineId: key,
        actor: { kind: 'service', id: 's', name: 's', issuer: 'millrace' },
        correlationId: 'c',
      };
      acknowledged.set(envelope.commandId, await answered(commands, number, envelope));
      await sleep(5);
    }
  };
  const before = proxy.cuts;
  const sending = Promise.all(Array.from({ length: KEYS }, (_, key) => send(`p${key}`)));
  await cut(() => proxy.cuts - before >= CUTS);
  enough.abort();
  await sending;
  expect(acknowledged.size).toBeGreaterThan(0);
  expect([...acknowledged].filter(([commandId, number]) => effects.get(commandId) !== number)).toEqual([]);
}, 900_000);
