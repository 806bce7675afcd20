import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { streams, type JsonObject } from '@millrace/contracts';
import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import {
  directCommands,
  type AddressedCommand,
  type CommandReceiver,
  type CommandReply,
  type CommandTarget,
} from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { createProjector, type Projector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { silentLogger } from '@millrace/runtime';
import { fakeTime, type FakeTime } from '@millrace/runtime/testing';
import { ADA, SERVICE } from '../domain/testing/approval.fixtures.js';
import { createApprovalService, type ApprovalService } from './approval-service.js';

const DUE = '2026-12-01T12:00:00.000Z';
const ACTION = { stage: 'Approve', action: 'Gate', actionExecutionId: 'a1' };

let directory = '';
let time: FakeTime;
let store: SqliteEventStore;
let readModels: SqliteReadModels;
let messages: LogMessages;
let projector: Projector;
let service: ApprovalService;
let completions: { readonly command: AddressedCommand; readonly executionId: string | undefined }[] = [];
let number = 0;

async function start(): Promise<void> {
  store = await SqliteEventStore.open({ directory });
  readModels = await SqliteReadModels.open({ directory });
  messages = new LogMessages({ store, directory });
  const receivers = new Map<CommandTarget, CommandReceiver>();
  receivers.set('execution', async (command, { executionId }) => {
    completions.push({ command, executionId });
    return { accepted: true, position: undefined, events: [] };
  });
  const commands = directCommands(receivers);
  service = createApprovalService({ store, readModels, commands, ...time, logger: silentLogger });
  for (const [target, receiver] of service.receivers) receivers.set(target, receiver);
  projector = createProjector({ store, readModels, projections: service.projections });
  await projector.start();
  await service.start(messages);
}

async function stop(): Promise<void> {
  await service.stop();
  await messages.close();
  await projector.stop();
  await readModels.close();
  await store.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'approval-'));
  time = fakeTime();
  completions = [];
  await start();
});

afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

async function happened(type: ExecutionEvent['type'], data: object): Promise<void> {
  number += 1;
  const stream = streams.execution('default', 'e1');
  const { head } = await store.readStream(stream);
  const metadata = {
    id: `event-${number}`,
    time: time.clock.now(),
    project: 'default',
    pipelineId: 'p1',
    executionId: 'e1',
    commandId: `command-${number}`,
    actor: SERVICE,
    correlationId: 'request-1',
  };
  const version = executionEventTypes.versions[type];
  await store.append(stream, head, [{ type, version, data: data as JsonObject, metadata }]);
}

async function requested(): Promise<void> {
  await happened('ExecutionStarted', { executionId: 'e1', pipelineId: 'p1', pipelineName: 'shop', stages: [] });
  await happened('ActionStarted', { ...ACTION, work: 'approval', configuration: {}, dueAt: DUE });
  await until(async () => (await facts()).includes('ApprovalRequested'));
}

function vote(result: 'Approved' | 'Rejected'): Promise<CommandReply> {
  const receive = service.receivers.get('approval');
  if (receive === undefined) throw new Error('Nobody receives.');
  number += 1;
  const data = { actionExecutionId: 'a1', result, summary: '' };
  const envelope = { commandId: `command-${number}`, project: 'default', actor: ADA, correlationId: 'request-2' };
  return receive({ target: 'approval', type: 'CastVote', data }, envelope);
}

const facts = async (): Promise<readonly string[]> =>
  (await store.readStream(streams.approval('default', 'a1'))).events.map(({ type }) => type);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 4_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error('It did not come to pass.');
    await nextTurn();
  }
}

const completed = (status: string, given: object = {}) => ({
  executionId: 'e1',
  command: { type: 'CompleteAction', data: { actionExecutionId: 'a1', status, ...given } },
});

describe('an approval', () => {
  test('that is granted lets its action succeed', async () => {
    await requested();
    expect(await vote('Approved')).toMatchObject({ accepted: true });
    await until(() => completions.length > 0);
    expect(completions).toMatchObject([completed('Succeeded', { summary: 'Approved by Ada', updatedBy: 'Ada' })]);
  });

  test('that is denied fails its action', async () => {
    await requested();
    await vote('Rejected');
    await until(() => completions.length > 0);
    expect(completions).toMatchObject([completed('Failed', { error: { code: 'JobFailed' } })]);
  });

  test('that nobody answers for seven days fails its action', async () => {
    await requested();
    await until(() => service.deadlines.status().nextAt === DUE);
    await time.advanceTo(DUE);
    await until(() => completions.length > 0);
    expect(completions).toMatchObject([completed('Failed', { error: { code: 'TimedOut' } })]);
    expect(await vote('Approved')).toMatchObject({ accepted: false, code: 'APPROVAL_ALREADY_COMPLETED' });
  });

  test('lapses, too, when its time came while everything was down', async () => {
    await requested();
    await stop();
    await time.advanceTo('2027-03-01T00:00:00.000Z');
    await start();
    await until(() => completions.length > 0);
    expect(await facts()).toEqual(['ApprovalRequested', 'ApprovalLapsed']);
  });

  test('whose execution has given it up is withdrawn, and completes nothing', async () => {
    await requested();
    await happened('ActionFinished', { ...ACTION, status: 'Abandoned' });
    await until(async () => (await facts()).includes('ApprovalWithdrawn'));
    expect(await vote('Approved')).toMatchObject({
      code: 'APPROVAL_OUT_OF_DATE',
      message: 'The execution was stopped, and the approval request you responded to is now out of date.',
    });
    await until(() => service.deadlines.status().armed === 0);
    expect(completions).toEqual([]);
  });
});
