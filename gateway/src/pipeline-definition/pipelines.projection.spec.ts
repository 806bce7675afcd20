import { ADA, PIPELINE_ID, at, foldAll, recorded, type Happening } from '../views/testing/log.js';
import {
  SHOP,
  actionId,
  admitted,
  awaited,
  created,
  entered,
  finished,
  of,
  started,
  traffic,
} from '../views/testing/shop.js';
import type { PipelineDocument, PipelineVersionDocument, StageDocument } from './pipeline.document.js';
import { pipelinesProjection } from './pipelines.projection.js';
import { versionsProjection } from './versions.projection.js';

const REVISION = { revisionId: 'c0ffee', summary: 'fix: cart', url: 'https://git.example/shop/c0ffee' };

function after(...happenings: readonly Happening[]): PipelineDocument {
  const documents = foldAll<PipelineDocument>(pipelinesProjection, recorded([created, ...happenings]));
  const pipeline = documents.get(`default/${PIPELINE_ID}`);
  if (pipeline === undefined) throw new Error('There is no such pipeline.');
  return pipeline;
}

function stage(pipeline: PipelineDocument, name: string): StageDocument {
  const found = pipeline.stages.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`There is no stage ${name}.`);
  return found;
}

/** E1 is through Source. */
const throughSource = (executionId: string, ordinal: number): readonly Happening[] => [
  admitted(executionId, ordinal),
  entered(executionId, 'Source'),
  started(executionId, ['Source', 'Checkout']),
  finished(executionId, ['Source', 'Checkout'], { revision: REVISION }),
  of(executionId, { type: 'StageFinished', data: { stage: 'Source', status: 'Succeeded' } }),
  traffic({ type: 'StageLeft', data: { executionId, stage: 'Source', outcome: 'Succeeded' } }),
];

describe('a definition', () => {
  test('a new pipeline shows its stages, open and empty, and its sources', () => {
    const pipeline = after();
    expect(pipeline).toMatchObject({ name: 'shop', listedName: 'shop', version: 1, createdBy: ADA, createdAt: at(0) });
    expect(pipeline.stages.map(({ name, transition, inbound }) => ({ name, transition, inbound }))).toEqual(
      ['Source', 'Approve', 'Deploy'].map((name) => ({ name, transition: { enabled: true }, inbound: [] })),
    );
    expect(pipeline.sources).toEqual([{ stageName: 'Source', actionName: 'Checkout', healthy: true }]);
    expect(stage(pipeline, 'Source').actions[0]).toMatchObject({ entityUrl: 'https://git.example/shop' });
  });

  test('an update keeps what stages of the same name were doing and drops the others', () => {
    const declaration = { ...SHOP, stages: SHOP.stages.filter(({ name }) => name !== 'Approve') };
    const pipeline = after(...throughSource('E1', 1), {
      category: 'pipeline',
      event: {
        type: 'PipelineUpdated',
        data: { pipelineId: PIPELINE_ID, name: 'shop', version: 2, previousVersion: 1, declaration, updatedAt: at(9) },
      },
    });
    expect(pipeline).toMatchObject({ version: 2, updatedAt: at(7), createdAt: at(0) });
    expect(pipeline.stages.map(({ name }) => name)).toEqual(['Source', 'Deploy']);
    expect(stage(pipeline, 'Source').latest).toMatchObject({ executionId: 'E1', status: 'Succeeded' });
    expect(stage(pipeline, 'Source').actions[0]?.currentRevision).toEqual(REVISION);
  });

  test('a deleted pipeline leaves the list and stays readable', () => {
    const pipeline = after({
      category: 'pipeline',
      event: { type: 'PipelineDeleted', data: { pipelineId: PIPELINE_ID, name: 'shop', deletedAt: at(1) } },
    });
    expect(pipeline).toMatchObject({ name: 'shop', deletedAt: at(1) });
    expect(pipeline).not.toHaveProperty('listedName');
  });

  test('every version can be read, the first one too', () => {
    const declaration = { ...SHOP, stages: SHOP.stages.slice(0, 2) };
    const versions = foldAll<PipelineVersionDocument>(
      versionsProjection,
      recorded([
        created,
        {
          category: 'pipeline',
          event: {
            type: 'PipelineUpdated',
            data: {
              pipelineId: PIPELINE_ID,
              name: 'shop',
              version: 2,
              previousVersion: 1,
              declaration,
              updatedAt: at(1),
            },
          },
        },
      ]),
    );
    expect([...versions.keys()]).toEqual([`default/${PIPELINE_ID}/1`, `default/${PIPELINE_ID}/2`]);
    expect(versions.get(`default/${PIPELINE_ID}/1`)?.declaration).toEqual(SHOP);
    expect(versions.get(`default/${PIPELINE_ID}/2`)).toMatchObject({ version: 2, declaration, createdAt: at(1) });
  });
});

describe('traffic', () => {
  test('an execution inside is the stage’s state, and nothing of the one before is', () => {
    const pipeline = after(...throughSource('E1', 1), admitted('E2', 2), entered('E2', 'Source'));
    expect(stage(pipeline, 'Source')).toMatchObject({
      latest: { executionId: 'E2', ordinal: 2, status: 'InProgress', enteredAt: at(8), retries: 0 },
    });
    expect(stage(pipeline, 'Source').actions[0]).not.toHaveProperty('latest');
    expect(stage(pipeline, 'Source').actions[0]).not.toHaveProperty('currentRevision');
    expect(pipeline.latestExecution).toMatchObject({ executionId: 'E2', ordinal: 2, status: 'InProgress' });
  });

  test('who waits before a stage is named with the cause and with who is inside', () => {
    const pipeline = after(
      ...throughSource('E1', 1),
      entered('E1', 'Approve'),
      ...throughSource('E2', 2),
      awaited('E2', 'Approve', 'E1'),
    );
    expect(stage(pipeline, 'Approve').inbound).toEqual([
      { executionId: 'E2', ordinal: 2, status: 'InProgress', cause: 'locked', behind: 'E1', since: at(14) },
    ]);
  });

  test('the same execution that waits for another reason has waited since the first one', () => {
    const pipeline = after(
      admitted('E1', 1),
      awaited('E1', 'Approve', 'E0'),
      traffic({
        type: 'StageAwaited',
        data: { executionId: 'E1', stage: 'Approve', cause: 'transition-disabled' },
      }),
    );
    expect(stage(pipeline, 'Approve').inbound).toEqual([
      { executionId: 'E1', ordinal: 1, status: 'InProgress', cause: 'transition-disabled', since: at(2) },
    ]);
  });

  test('a newer execution takes the waiting place of an older one', () => {
    const pipeline = after(
      admitted('E1', 1),
      awaited('E1', 'Approve', 'E0'),
      admitted('E2', 2),
      traffic({ type: 'ExecutionSuperseded', data: { executionId: 'E1', stage: 'Approve', by: 'E2' } }),
      awaited('E2', 'Approve', 'E0'),
    );
    expect(stage(pipeline, 'Approve').inbound.map(({ executionId }) => executionId)).toEqual(['E2']);
    expect(pipeline.active.map(({ executionId }) => executionId)).toEqual(['E2']);
  });

  test('who enters waits no longer', () => {
    const pipeline = after(admitted('E1', 1), awaited('E1', 'Approve', 'E0'), entered('E1', 'Approve'));
    expect(stage(pipeline, 'Approve').inbound).toEqual([]);
  });

  test.each([
    ['withdrawn', { type: 'ExecutionWithdrawn', data: { executionId: 'E1', stage: 'Approve', outcome: 'Stopped' } }],
    [
      'outdated',
      { type: 'ExecutionOutdated', data: { executionId: 'E1', stage: 'Approve', waiting: true, reason: 'updated' } },
    ],
  ] as const)('who is %s waits no longer', (_what, event) => {
    const pipeline = after(admitted('E1', 1), awaited('E1', 'Approve', 'E0'), traffic(event));
    expect(stage(pipeline, 'Approve').inbound).toEqual([]);
  });

  test('a disabled transition says who, when and why; enabling it takes the reason away', () => {
    const disabled = traffic({ type: 'TransitionDisabled', data: { stage: 'Deploy', reason: 'freeze', at: at(1) } });
    expect(stage(after(disabled), 'Deploy').transition).toEqual({
      enabled: false,
      reason: 'freeze',
      changedBy: ADA,
      changedAt: at(1),
    });
    const enabled = after(disabled, traffic({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }));
    expect(stage(enabled, 'Deploy').transition).toEqual({ enabled: true, changedBy: ADA, changedAt: at(2) });
  });
});

describe('actions', () => {
  test('an action waits for a runner, runs, ends', () => {
    const begin = [admitted('E1', 1), entered('E1', 'Deploy'), started('E1', ['Deploy', 'Copy'])];
    const job = { jobId: 'J1', actionExecutionId: actionId('E1', 'Copy') };
    const leased = of('E1', { type: 'JobLeased', data: { ...job, leaseId: 'L', runnerId: 'R1', nonceHash: 'n' } });
    const returned = of('E1', { type: 'JobReturned', data: { ...job, reason: 'stopping' } });
    const latest = (pipeline: PipelineDocument) => stage(pipeline, 'Deploy').actions[0]?.latest;
    expect(latest(after(...begin))).toMatchObject({ status: 'InProgress', work: 'QUEUED', statusSince: at(3) });
    expect(latest(after(...begin, leased))).toMatchObject({ work: 'RUNNING', runnerId: 'R1', statusSince: at(3) });
    expect(latest(after(...begin, leased, returned))).not.toHaveProperty('runnerId');
    const failed = finished('E1', ['Deploy', 'Copy'], {
      status: 'Failed',
      error: { code: 'JobFailed', message: 'exit code 1' },
    });
    expect(latest(after(...begin, leased, failed))).toEqual({
      actionExecutionId: actionId('E1', 'Copy'),
      attempt: 1,
      status: 'Failed',
      statusSince: at(5),
      startedAt: at(3),
      finishedAt: at(5),
      dueAt: at(3_600),
      work: 'ENDED',
      runnerId: 'R1',
      error: { code: 'JobFailed', message: 'exit code 1' },
    });
  });

  test('what an execution does that a newer one has followed in the stage changes nothing', () => {
    const moved = [admitted('E1', 1), entered('E1', 'Deploy'), admitted('E2', 2), entered('E2', 'Deploy')];
    const late = [
      started('E1', ['Deploy', 'Copy']),
      of('E1', { type: 'StageFinished', data: { stage: 'Deploy', status: 'Failed' } }),
    ];
    expect(stage(after(...moved, ...late), 'Deploy')).toEqual(stage(after(...moved), 'Deploy'));
  });

  test('a retry counts, keeps the actions, and shows the new attempt', () => {
    const pipeline = after(
      admitted('E1', 1),
      entered('E1', 'Deploy'),
      started('E1', ['Deploy', 'Copy']),
      finished('E1', ['Deploy', 'Copy'], { status: 'Failed', error: { code: 'JobFailed', message: 'no' } }),
      of('E1', { type: 'StageFinished', data: { stage: 'Deploy', status: 'Failed' } }),
      of('E1', { type: 'ExecutionFinished', data: { status: 'Failed' } }),
      traffic({ type: 'RetryAdmitted', data: { executionId: 'E1', stage: 'Deploy', mode: 'FAILED_ACTIONS' } }),
      of('E1', { type: 'StageRetried', data: { stage: 'Deploy', mode: 'FAILED_ACTIONS', retry: 1 } }),
      started('E1', ['Deploy', 'Copy'], { attempt: 2 }),
    );
    expect(stage(pipeline, 'Deploy').latest).toMatchObject({ status: 'InProgress', retries: 1, statusSince: at(7) });
    expect(stage(pipeline, 'Deploy').actions[0]?.latest).toMatchObject({ attempt: 2, status: 'InProgress' });
    expect(stage(pipeline, 'Deploy').actions[0]?.latest).not.toHaveProperty('error');
    expect(pipeline.latestExecution).toMatchObject({ executionId: 'E1', status: 'InProgress', statusSince: at(7) });
    expect(pipeline.active).toHaveLength(1);
  });

  test('an approval shows its token and link while it is pending, and not afterwards', () => {
    const ref = {
      actionExecutionId: actionId('E1', 'Gate'),
      executionId: 'E1',
      pipelineName: 'shop',
      stage: 'Approve',
      action: 'Gate',
    };
    const pending: readonly Happening[] = [
      admitted('E1', 1),
      entered('E1', 'Approve'),
      started('E1', ['Approve', 'Gate'], { work: 'approval' }),
      {
        category: 'approval',
        event: {
          type: 'ApprovalRequested',
          data: { ...ref, externalEntityLink: 'https://x.example/1', summaryRequired: false, expiresAt: at(900) },
        },
      },
    ];
    const gate = (pipeline: PipelineDocument) => stage(pipeline, 'Approve').actions[0];
    expect(gate(after(...pending))).toMatchObject({
      entityUrl: 'https://x.example/1',
      latest: { token: actionId('E1', 'Gate'), dueAt: at(900), status: 'InProgress' },
    });
    expect(gate(after(...pending))?.latest).not.toHaveProperty('work');
    const granted: Happening = {
      category: 'approval',
      event: { type: 'ApprovalGranted', data: { ...ref, summary: 'ok', by: ADA, answeredAt: at(5) } },
    };
    expect(gate(after(...pending, granted))?.latest).not.toHaveProperty('token');
  });

  test('an execution that is stopped stops in the stage where it is', () => {
    const inside = [admitted('E1', 1), entered('E1', 'Deploy'), started('E1', ['Deploy', 'Copy'])];
    const stopping = of('E1', { type: 'StopRequested', data: { abandon: false } });
    expect(stage(after(...inside, stopping), 'Deploy').latest).toMatchObject({ status: 'Stopping' });
    const stopped = after(...inside, stopping, of('E1', { type: 'ExecutionFinished', data: { status: 'Stopped' } }));
    expect(stage(stopped, 'Deploy').latest).toMatchObject({ status: 'Stopped', statusSince: at(5) });
    expect(stopped.active).toEqual([]);
    expect(stopped.latestExecution).toMatchObject({ status: 'Stopped' });
  });
});

describe('sources', () => {
  const failing: Happening = {
    category: 'source',
    event: {
      type: 'SourceFailing',
      data: { pipelineName: 'shop', actionName: 'Checkout', error: { code: 'PermissionError', message: 'no key' } },
    },
  };
  const seen: Happening = {
    category: 'source',
    event: {
      type: 'RevisionSeen',
      data: { pipelineName: 'shop', actionName: 'Checkout', by: 'poll', revision: REVISION, commits: [] },
    },
  };

  test('a source fails since its first failure, and says why', () => {
    expect(after(failing, failing).sources[0]).toMatchObject({
      healthy: false,
      healthSince: at(1),
      error: { code: 'PermissionError', message: 'no key' },
    });
  });

  test('what is seen again is healthy, whatever said so', () => {
    const recovered: Happening = {
      category: 'source',
      event: { type: 'SourceRecovered', data: { pipelineName: 'shop', actionName: 'Checkout' } },
    };
    expect(after(failing, recovered).sources[0]).toEqual({
      stageName: 'Source',
      actionName: 'Checkout',
      healthy: true,
      healthSince: at(2),
    });
    expect(after(failing, seen).sources[0]).toMatchObject({ healthy: true, revision: REVISION, seenAt: at(2) });
  });
});

test('stops at an event that a newer release wrote', () => {
  const [event] = recorded([{ ...created, version: 2 }]);
  expect(() => event && pipelinesProjection.touches(event)).toThrow(RangeError);
});

test('keeps the projects apart', () => {
  const documents = foldAll(pipelinesProjection, recorded([created, { ...created, project: 'other' }]));
  expect([...documents.keys()]).toEqual([`default/${PIPELINE_ID}`, `other/${PIPELINE_ID}`]);
});
