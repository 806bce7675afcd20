import { randomUUID } from 'node:crypto';
import type { Envelope } from '@millrace/event-store';
import { kafkaForTests } from '@millrace/kafka-engine/testing';
import { OperationalError } from '@millrace/runtime';
import type { AddressedCommand, CommandReceiver, CommandReply } from '../commands.js';
import { KafkaCommands, KafkaCommandServer, KafkaConnection } from './index.js';

let kafka: Awaited<ReturnType<typeof kafkaForTests>>;
let prefix: string;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  kafka = await kafkaForTests();
});
beforeEach(async () => {
  prefix = `commands-${randomUUID()}`;
  await (await connect()).ensureTopics();
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
afterAll(() => kafka.end());

async function connect(): Promise<KafkaConnection> {
  const connection = await KafkaConnection.open({
    address: kafka.address,
    clientId: 'commands',
    prefix,
    partitions: 4,
    fetchWaitMs: 50,
    sessionTimeoutMs: 6_000,
  });
  closers.push(() => connection.close());
  return connection;
}

async function serve(receiver: CommandReceiver): Promise<KafkaCommandServer> {
  const server = new KafkaCommandServer({
    connection: await connect(),
    owner: 'execution',
    receivers: new Map([['traffic', receiver]]),
  });
  server.start();
  await server.ready();
  closers.push(() => server.stop());
  return server;
}

async function client(timeoutMs = 15_000): Promise<KafkaCommands> {
  const commands = await KafkaCommands.open({ connection: await connect(), sender: 'gateway', timeoutMs });
  closers.push(() => commands.close());
  return commands;
}

const start = (number: number): AddressedCommand => ({ target: 'traffic', type: 'StartExecution', data: { number } });
const about = (pipelineId: string, commandId: string = randomUUID()): Envelope => ({
  commandId,
  project: 'default',
  pipelineId,
  actor: { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' },
  correlationId: 'c',
});
const accepted = (number: unknown): CommandReply => ({
  accepted: true,
  position: 9_007_199_254_740_993n,
  events: [{ type: 'Started', data: { number } }],
});

test('each sender gets the answer to its own command', async () => {
  await serve(async ({ data }) => accepted(data['number']));
  const clients = await Promise.all([client(), client()]);
  const replies = await Promise.all(
    Array.from({ length: 50 }).flatMap((_, number) =>
      clients.map((commands, of) => commands.send(start(2 * number + of), about(`p${number % 7}`))),
    ),
  );
  expect(replies).toEqual(Array.from({ length: 100 }, (_, number) => accepted(number)));
});

test('refusals are answers; what the receiver throws is thrown', async () => {
  await serve(async ({ data }) => {
    if (data['number'] === 0) return { accepted: false, code: 'NOT_PENDING', message: 'No.' };
    throw new OperationalError('The disk is full.', { retryable: true, code: 'STORE_FULL' });
  });
  const commands = await client();
  await expect(commands.send(start(0), about('p'))).resolves.toEqual({
    accepted: false,
    code: 'NOT_PENDING',
    message: 'No.',
  });
  await expect(commands.send(start(1), about('p'))).rejects.toMatchObject({
    code: 'STORE_FULL',
    mayHaveHappened: false,
  });
});

test('commands of one pipeline are received one at a time in order, pipelines side by side', async () => {
  const received: number[] = [];
  const gate = Promise.withResolvers<void>();
  let together = 0;
  await serve(async ({ data }, { pipelineId }) => {
    received.push(Number(data['number']));
    if (pipelineId !== 'slow') return accepted(1);
    together += 1;
    await gate.promise;
    together -= 1;
    return accepted(together);
  });
  const commands = await client();
  const slow: Promise<CommandReply>[] = [];
  for (let number = 0; number < 3; number += 1) {
    slow.push(commands.send(start(number), about('slow')));
    // Sends that overlap have no order: the next is sent when another pipeline's answer shows that this one has come.
    await commands.send(start(100 + number), about('quick'));
  }
  gate.resolve();
  expect(await Promise.all(slow)).toEqual([accepted(0), accepted(0), accepted(0)]);
  expect(received.filter((number) => number < 100)).toEqual([0, 1, 2]);
});

test('without an answer in time it may have happened, and the same again is answered', async () => {
  const commands = await client(300);
  const envelope = about('p');
  await expect(commands.send(start(1), envelope)).rejects.toMatchObject({
    name: 'OperationalError',
    code: 'COMMAND_UNANSWERED',
    retryable: true,
    mayHaveHappened: true,
  });
  const received: string[] = [];
  await serve(async ({ data }, { commandId }) => {
    received.push(commandId);
    return accepted(data['number']);
  });
  const patient = await client();
  await expect(patient.send(start(1), envelope)).resolves.toEqual(accepted(1));
  // It did happen, late: that is why a repeat carries the same id.
  expect(received).toEqual([envelope.commandId, envelope.commandId]);
});

test('a process that ends hands its commands to another', async () => {
  const first = await serve(async () => accepted('first'));
  const commands = await client();
  await expect(commands.send(start(1), about('p'))).resolves.toEqual(accepted('first'));
  await serve(async () => accepted('second'));
  await first.stop();
  await expect(commands.send(start(2), about('p'))).resolves.toEqual(accepted('second'));
});

test('refuses what no topic takes, before it is sent', async () => {
  const commands = await client();
  const large = { ...start(1), data: { text: 'x'.repeat(2_000_001) } };
  await expect(commands.send(large, about('p'))).rejects.toThrow(RangeError);
});
