import { ADA, PIPELINE_ID, at, foldAll, recorded, type Happening } from '../views/testing/log.js';
import {
  OUTLINE,
  actionId,
  admitted,
  awaited,
  entered,
  finished,
  of,
  started,
  traffic,
} from '../views/testing/shop.js';
import type { ExecutionDocument, SeenRevisionDocument } from './execution.document.js';
import { executionsProjection } from './executions.projection.js';
import { seenRevisionsProjection } from './seen-revisions.projection.js';

function after(...happenings: readonly Happening[]): ExecutionDocument {
  const execution = foldAll<ExecutionDocument>(executionsProjection, recorded(happenings)).get('default/E1');
  if (execution === undefined) throw new Error('There is no such execution.');
  return execution;
}

const stage = (execution: ExecutionDocument, name: string) => execution.stages.find((found) => found.name === name);
const attempts = (execution: ExecutionDocument, name: string) => stage(execution, name)?.actions[0]?.attempts ?? [];
const stageStarted = of('E1', { type: 'StageStarted', data: { stage: 'Deploy', actions: [] } });
const job = { jobId: 'J1', actionExecutionId: actionId('E1', 'Copy') };

test('is there from its admission on, with every stage it may reach', () => {
  expect(after(admitted('E1', 1))).toEqual({
    project: 'default',
    executionId: 'E1',
    pipelineId: PIPELINE_ID,
    pipelineName: 'shop',
    pipelineVersion: 1,
    ordinal: 1,
    status: 'InProgress',
    statusSince: at(0),
    trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
    startedBy: ADA,
    startedAt: at(0),
    variables: [{ name: 'TARGET', value: 'blue' }],
    revisions: [],
    stages: OUTLINE.map(({ name, actions }) => ({
      name,
      retries: 0,
      actions: actions.map((action) => ({ ...action, attempts: [] })),
    })),
  });
});

test('its own start, which says the same, changes nothing', () => {
  const begun = of('E1', {
    type: 'ExecutionStarted',
    data: {
      executionId: 'E1',
      pipelineId: PIPELINE_ID,
      pipelineName: 'shop',
      pipelineVersion: 1,
      trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
      variables: [{ name: 'TARGET', value: 'blue' }],
      sourceRevisions: [],
      stages: OUTLINE,
      ordinal: 1,
    },
  });
  expect(after(admitted('E1', 1), begun)).toEqual(after(admitted('E1', 1)));
  expect(after(begun)).toEqual(after(admitted('E1', 1)));
});

test('waits before a stage until it enters, and says for whom', () => {
  const waiting = [admitted('E1', 1), awaited('E1', 'Deploy', 'E0')];
  expect(after(...waiting).waiting).toEqual({ stage: 'Deploy', cause: 'locked', behind: 'E0', since: at(1) });
  expect(after(...waiting, entered('E1', 'Deploy'))).not.toHaveProperty('waiting');
});

test('is superseded when traffic says so; its own end says it again', () => {
  const superseded = traffic({ type: 'ExecutionSuperseded', data: { executionId: 'E1', stage: 'Deploy', by: 'E2' } });
  const execution = after(
    admitted('E1', 1),
    awaited('E1', 'Deploy', 'E0'),
    superseded,
    of('E1', { type: 'ExecutionFinished', data: { status: 'Superseded', supersededBy: 'E2' } }),
  );
  expect(execution).toMatchObject({ status: 'Superseded', supersededBy: 'E2', finishedAt: at(2), statusSince: at(2) });
  expect(execution).not.toHaveProperty('waiting');
});

test('an execution whose arrival supersedes another is not the superseded one', () => {
  // What traffic decides on the word of E1's own stage says so in its metadata; whom it is about stands in the data.
  const superseding = traffic({ type: 'ExecutionSuperseded', data: { executionId: 'E0', stage: 'Deploy', by: 'E1' } });
  expect(after(admitted('E1', 1), { ...superseding, executionId: 'E1' })).toMatchObject({ status: 'InProgress' });
});

test('records each attempt with its jobs, outputs and log', () => {
  const execution = after(
    admitted('E1', 1),
    stageStarted,
    started('E1', ['Deploy', 'Copy'], { configuration: { Target: 'blue' } }),
    of('E1', { type: 'JobOffered', data: { ...job, attempt: 1, labels: ['linux'] } }),
    of('E1', { type: 'JobLeased', data: { ...job, leaseId: 'L', runnerId: 'R1', nonceHash: 'n' } }),
    of('E1', { type: 'JobSucceeded', data: job }),
    finished('E1', ['Deploy', 'Copy'], {
      summary: 'released',
      outputVariables: { Release: '7' },
      outputArtifacts: [{ name: 'Manifest', sha256: 'ab', bytes: 3 }],
    }),
    {
      category: 'artifact',
      executionId: 'E1',
      event: {
        type: 'LogClosed',
        data: {
          executionId: 'E1',
          pipelineName: 'shop',
          stage: 'Deploy',
          action: 'Copy',
          actionExecutionId: job.actionExecutionId,
          bytes: 10,
          sha256: 'cd',
          dropped: 0,
        },
      },
    },
  );
  expect(attempts(execution, 'Deploy')).toEqual([
    {
      actionExecutionId: job.actionExecutionId,
      attempt: 1,
      status: 'Succeeded',
      statusSince: at(6),
      startedAt: at(2),
      finishedAt: at(6),
      dueAt: at(3_600),
      work: 'job',
      configuration: { Target: 'blue' },
      inputArtifacts: [],
      jobs: [
        {
          jobId: 'J1',
          attempt: 1,
          status: 'Succeeded',
          labels: ['linux'],
          runnerId: 'R1',
          offeredAt: at(3),
          leasedAt: at(4),
          endedAt: at(5),
        },
      ],
      summary: 'released',
      outputVariables: { Release: '7' },
      outputArtifacts: [{ name: 'Manifest', sha256: 'ab', bytes: 3 }],
      log: { bytes: 10, sha256: 'cd', dropped: 0 },
    },
  ]);
});

test('a job that was handed back is offered again', () => {
  const execution = after(
    admitted('E1', 1),
    started('E1', ['Deploy', 'Copy']),
    of('E1', { type: 'JobOffered', data: { ...job, attempt: 1, labels: [] } }),
    of('E1', { type: 'JobReturned', data: { ...job, reason: 'The runner stops.' } }),
    of('E1', { type: 'JobOffered', data: { ...job, jobId: 'J2', attempt: 2, labels: [] } }),
    of('E1', { type: 'JobLost', data: { ...job, jobId: 'J2', runnerId: 'R1' } }),
  );
  expect(attempts(execution, 'Deploy')[0]?.jobs).toMatchObject([
    { jobId: 'J1', status: 'Returned', reason: 'The runner stops.', endedAt: at(3) },
    { jobId: 'J2', attempt: 2, status: 'Lost', endedAt: at(5) },
  ]);
});

test('a source’s revision is the execution’s; that of a retried source replaces it', () => {
  const revision = (revisionId: string) => ({ revision: { revisionId } });
  const execution = after(
    admitted('E1', 1),
    started('E1', ['Source', 'Checkout']),
    finished('E1', ['Source', 'Checkout'], revision('a')),
    started('E1', ['Source', 'Checkout'], { attempt: 2 }),
    finished('E1', ['Source', 'Checkout'], revision('b'), 2),
  );
  expect(execution.revisions).toEqual([{ actionName: 'Checkout', revision: { revisionId: 'b' } }]);
  expect(attempts(execution, 'Source').map((attempt) => attempt.revision)).toEqual([
    { revisionId: 'a' },
    { revisionId: 'b' },
  ]);
});

test('a retry takes its end back; the first attempt stays', () => {
  const execution = after(
    admitted('E1', 1),
    stageStarted,
    started('E1', ['Deploy', 'Copy']),
    finished('E1', ['Deploy', 'Copy'], { status: 'Failed', error: { code: 'JobFailed', message: 'no' } }),
    of('E1', { type: 'StageFinished', data: { stage: 'Deploy', status: 'Failed' } }),
    of('E1', { type: 'ExecutionFinished', data: { status: 'Failed', summary: 'Deploy failed' } }),
    traffic({ type: 'RetryAdmitted', data: { executionId: 'E1', stage: 'Deploy', mode: 'ALL_ACTIONS' } }),
    of('E1', { type: 'StageRetried', data: { stage: 'Deploy', mode: 'ALL_ACTIONS', retry: 1 } }),
    started('E1', ['Deploy', 'Copy'], { attempt: 2 }),
  );
  expect(execution).toMatchObject({ status: 'InProgress', statusSince: at(6) });
  expect(execution).not.toHaveProperty('finishedAt');
  expect(execution).not.toHaveProperty('summary');
  expect(stage(execution, 'Deploy')).toMatchObject({ status: 'InProgress', retries: 1 });
  expect(stage(execution, 'Deploy')).not.toHaveProperty('finishedAt');
  expect(attempts(execution, 'Deploy').map(({ attempt, status }) => ({ attempt, status }))).toEqual([
    { attempt: 1, status: 'Failed' },
    { attempt: 2, status: 'InProgress' },
  ]);
});

test('a stop says who wanted it and why; the stage shares the end', () => {
  const stopping = [
    admitted('E1', 1),
    stageStarted,
    of('E1', { type: 'StopRequested', data: { abandon: true, reason: 'wrong commit' } }),
  ];
  expect(after(...stopping)).toMatchObject({
    status: 'Stopping',
    stop: { abandon: true, reason: 'wrong commit', by: ADA, at: at(2) },
  });
  expect(stage(after(...stopping), 'Deploy')).toMatchObject({ status: 'Stopping' });
  const stopped = after(...stopping, of('E1', { type: 'ExecutionFinished', data: { status: 'Stopped' } }));
  expect(stopped).toMatchObject({ status: 'Stopped', finishedAt: at(3) });
  expect(stage(stopped, 'Deploy')).toMatchObject({ status: 'Stopped', finishedAt: at(3) });
  expect(stage(stopped, 'Source')).not.toHaveProperty('status');
});

test('an execution without its variables fails at once, and says so', () => {
  const summary = 'Variables without a value: TARGET';
  const execution = after(
    admitted('E1', 1),
    of('E1', { type: 'ExecutionFinished', data: { status: 'Failed', summary } }),
  );
  expect(execution).toMatchObject({ status: 'Failed', summary, finishedAt: at(1) });
});

test('facts that name no execution touch none', () => {
  const documents = foldAll(
    executionsProjection,
    recorded([
      traffic({ type: 'TransitionDisabled', data: { stage: 'Deploy', reason: 'freeze', at: at(0) } }),
      traffic({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }),
    ]),
  );
  expect(documents.size).toBe(0);
});

test('each time a revision is seen it has its own commits', () => {
  const seen = (revisionId: string, summary: string): Happening => ({
    category: 'source',
    event: {
      type: 'RevisionSeen',
      data: {
        pipelineName: 'shop',
        actionName: 'Checkout',
        by: 'poll',
        revision: { revisionId },
        commits: [{ id: revisionId, summary, author: 'Ada', committedAt: at(0) }],
      },
    },
  });
  const documents = foldAll<SeenRevisionDocument>(
    seenRevisionsProjection,
    recorded([seen('a', 'first'), seen('b', 'second'), seen('a', 'back')]),
  );
  expect([...documents.values()].map(({ revisionId, commits }) => [revisionId, commits[0]?.summary])).toEqual([
    ['a', 'first'],
    ['b', 'second'],
    ['a', 'back'],
  ]);
});
