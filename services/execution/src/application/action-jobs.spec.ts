import type { JsonObject } from '@millrace/contracts';
import type { JobGrant } from '@millrace/contracts/runner';
import { fakeTime } from '@millrace/runtime/testing';
import { executionDecider } from '../domain/execution.decider.js';
import type { Execution } from '../domain/execution.state.js';
import {
  begin,
  enter,
  fails,
  jobId,
  lease,
  planned,
  report,
  retryStage,
} from '../domain/testing/execution.fixtures.js';
import { ActionJobs } from './action-jobs.js';
import { JobSecrets } from './job-secrets.js';

const SOURCE = { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' };

function after(...commands: Parameters<typeof executionDecider.decide>[0][]): Execution {
  return commands.reduce((state, command) => {
    const decision = executionDecider.decide(command, state);
    if (!decision.accepted) throw new Error(decision.message);
    return decision.events.reduce(executionDecider.evolve, state);
  }, executionDecider.initial);
}

function setUp() {
  const sent: string[] = [];
  const jobs = new ActionJobs({
    secrets: new JobSecrets(Buffer.alloc(32, 1)),
    clock: fakeTime().clock,
    leaseTermMs: 30_000,
    commands: {
      send: async (_command, { commandId }) => {
        sent.push(commandId);
        return { accepted: true, position: undefined, events: [] as { type: string; data: JsonObject }[] };
      },
    },
  });
  return { jobs, sent };
}

test('a retry of all actions fetches what the first attempt has fetched, though the branch has moved on', () => {
  const { jobs } = setUp();
  const state = after(
    begin(),
    enter('Build', planned('Src', { actionTypeId: SOURCE }), planned('Config', { actionTypeId: SOURCE })),
    lease(jobId('Src')),
    report(jobId('Src'), { status: 'succeeded', revision: { revisionId: 'c1' } }),
    lease(jobId('Config')),
    report(jobId('Config'), fails),
    retryStage('Build', 'ALL_ACTIONS'),
  );
  if (state.status === 'absent') throw new Error('It was begun.');
  const execution = { project: 'default', executionId: 'E1', pipelineId: 'p1', correlationId: 'c', state, revision: 0 };
  const revisionOf = (id: string) => {
    const job = state.jobs.get(id);
    return job && jobs.describe(execution, job, { requestId: 'q', runnerId: 'r1' })?.revision;
  };
  expect(revisionOf(jobId('Src', 1, 2))).toBe('c1');
  // It never got that far: the latest.
  expect(revisionOf(jobId('Config', 1, 2))).toBeUndefined();
});

test('a report that says the same is the same command, one that says something else is another', async () => {
  const { jobs, sent } = setUp();
  const grant = { project: 'default', executionId: 'E1', pipelineId: 'p1', jobId: 'j1' } as JobGrant;
  await jobs.report(grant, { nonce: 'n', result: { status: 'succeeded' } });
  await jobs.report(grant, { nonce: 'n', result: { status: 'succeeded' } });
  await jobs.report(grant, { nonce: 'n', result: { status: 'returned', reason: 'stop' } });
  expect(sent[1]).toBe(sent[0]);
  expect(sent[2]).not.toBe(sent[0]);
});
