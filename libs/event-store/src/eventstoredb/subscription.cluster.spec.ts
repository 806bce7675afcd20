import { randomUUID } from 'node:crypto';
import { streams } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM, type EventBatch, type Position } from '../event-store.js';
import { EventStoreDbEventStore } from './index.js';
import { eventStoreServer, type EventStoreServer } from './testing/event-store-server.js';

let server: EventStoreServer;
let store: EventStoreDbEventStore;
let project: string;

beforeAll(async () => {
  server = await eventStoreServer();
});

afterAll(() => server.end());

beforeEach(async () => {
  store = await EventStoreDbEventStore.open({ connectionString: server.connectionString, quietMs: 300 });
  project = `p${randomUUID()}`;
});

afterEach(() => store.close());

/** Many events of one category, and a rare one now and then. Answers with the positions of the rare ones. */
const appendWithRareOnes = async (rounds: number): Promise<readonly Position[]> => {
  let often = NEW_STREAM;
  let rarely = NEW_STREAM;
  const positions: Position[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const many = Array.from({ length: 20 }, () => newEvent());
    ({ head: often } = await store.append(streams.execution(project, 'e'), often, many));
    const appended = await store.append(streams.approval(project, 'a'), rarely, [newEvent({ round })]);
    rarely = appended.head;
    positions.push(appended.position);
  }
  return positions;
};

test('a checkpoint never passes an event that was not delivered, however slow the reader is', async () => {
  const { position: after } = await store.head();
  const rare = await appendWithRareOnes(150);
  const abort = new AbortController();
  const delivered: Position[] = [];
  for await (const batch of store.subscribe({ after, categories: ['approval'], batchMax: 1, signal: abort.signal })) {
    delivered.push(...batch.events.map(({ position }) => position));
    // A reader that takes its time: the engine's checkpoints arrive while events still wait.
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(delivered).toEqual(rare.filter((position) => position <= batch.checkpoint));
    if (delivered.length === rare.length) break;
  }
  expect(delivered).toEqual(rare);
});

test('says that it has caught up when nothing more is there, and not before', async () => {
  const { position: after } = await store.head();
  await appendWithRareOnes(20);
  const { position: end } = await store.head();
  const abort = new AbortController();
  const batches: EventBatch[] = [];
  for await (const batch of store.subscribe({ after, batchMax: 50, signal: abort.signal })) {
    batches.push(batch);
    if (batch.caughtUp) break;
  }
  expect(batches.at(-1)?.checkpoint).toBeGreaterThanOrEqual(end);
  expect(batches.flatMap(({ events }) => events).length).toBeGreaterThanOrEqual(420);
});

test('moves its checkpoint past what it does not ask for, without being asked', async () => {
  const { position: after } = await store.head();
  const abort = new AbortController();
  const batches = store.subscribe({ after, categories: ['token'], signal: abort.signal })[Symbol.asyncIterator]();
  for (let round = 0; round < 3; round += 1) {
    await appendWithRareOnes(1);
    const { position } = await store.head();
    for (let checkpoint = 0n; checkpoint < position;) {
      const next = await batches.next();
      if (next.done === true) throw new Error('It has ended.');
      expect(next.value.events).toEqual([]);
      ({ checkpoint } = next.value);
    }
    project = `p${randomUUID()}`;
  }
});
