import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams, type JsonObject } from '@millrace/contracts';
import type { Envelope } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import type { CommandReceiver } from '@millrace/messaging';
import { ADA, BEFORE_NOON, NOON, SERVICE, TERMS } from '../domain/testing/approval.fixtures.js';
import { approvals } from './approvals.js';

let directory = '';
let store: SqliteEventStore;
let now = BEFORE_NOON;
let receive: CommandReceiver;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'approvals-'));
  store = await SqliteEventStore.open({ directory });
  now = BEFORE_NOON;
  receive = approvals({ store, clock: { now: () => now, nowMs: () => Date.parse(now) } });
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const envelope = (commandId: string, given: Partial<Envelope> = {}): Envelope => ({
  commandId,
  project: 'default',
  actor: ADA,
  correlationId: 'request-1',
  ...given,
});
const request = () =>
  receive(
    { target: 'approval', type: 'RequestApproval', data: { ...TERMS } },
    envelope('request', { actor: SERVICE, pipelineId: 'p1', executionId: 'e1' }),
  );
const vote = (commandId: string, data: JsonObject = {}, project = 'default') =>
  receive(
    {
      target: 'approval',
      type: 'CastVote',
      data: { actionExecutionId: 'a1', result: 'Approved', summary: '', ...data },
    },
    envelope(commandId, { project }),
  );
const lapse = () =>
  receive({ target: 'approval', type: 'LapseApproval', data: { actionExecutionId: 'a1' } }, envelope('lapse'));
const facts = async () => (await store.readStream(streams.approval('default', 'a1'))).events;

describe('the receiver of approval commands', () => {
  test('answers a repeated vote with its first answer, though the approval is over', async () => {
    await request();
    const answer = await vote('vote');
    expect(answer).toMatchObject({ accepted: true, events: [{ type: 'VoteCast' }, { type: 'ApprovalGranted' }] });
    expect(await vote('vote')).toEqual(answer);
    expect(await vote('another')).toMatchObject({ accepted: false, code: 'APPROVAL_ALREADY_COMPLETED' });
    expect((await facts()).map(({ type }) => type)).toEqual(['ApprovalRequested', 'VoteCast', 'ApprovalGranted']);
  });

  test('decides a refused vote again when it is repeated', async () => {
    expect(await vote('vote')).toMatchObject({ code: 'INVALID_APPROVAL_TOKEN' });
    await request();
    expect(await vote('vote')).toMatchObject({ accepted: true });
  });

  test('lets one of two contrary votes win', async () => {
    await request();
    const answers = await Promise.all([vote('yes'), vote('no', { result: 'Rejected' })]);
    expect(answers.map(({ accepted }) => accepted).sort()).toEqual([false, true]);
    expect(await facts()).toHaveLength(3);
  });

  test('lets a vote or the expiry win, never both', async () => {
    await request();
    now = NOON;
    const [voted, lapsed] = await Promise.all([vote('vote'), lapse()]);
    expect(voted).toMatchObject({ accepted: false, code: 'LAPSED' });
    expect(lapsed).toMatchObject({ accepted: true });
    expect((await facts()).map(({ type }) => type)).toEqual(['ApprovalRequested', 'ApprovalLapsed']);
  });

  test("records a vote as its pipeline's and its execution's, though the voter named neither", async () => {
    await request();
    await vote('vote');
    const granted = (await facts()).at(-1);
    expect(granted?.metadata).toMatchObject({ pipelineId: 'p1', executionId: 'e1', actor: ADA });
  });

  test('knows no token of another project', async () => {
    await request();
    expect(await vote('vote', {}, 'other')).toMatchObject({ code: 'INVALID_APPROVAL_TOKEN' });
  });
});
