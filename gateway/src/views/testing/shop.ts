import type { ActionStarted, StageOutline, TrafficEvent, ExecutionEvent } from '@millrace/contracts/execution';
import type { PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import { PIPELINE_ID, at, type Happening } from './log.js';

const GIT = { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' } as const;
const MANUAL = { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' } as const;
const FILES = { category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' } as const;

const nothing = { configuration: {}, inputArtifacts: [], outputArtifacts: [] };

/** Source → Approve → Deploy. */
export const SHOP: PipelineDeclaration = {
  name: 'shop',
  executionMode: 'SUPERSEDED',
  pipelineType: 'V2',
  stages: [
    {
      name: 'Source',
      actions: [
        {
          ...nothing,
          name: 'Checkout',
          actionTypeId: GIT,
          runOrder: 1,
          configuration: { RepositoryUrl: 'https://git.example/shop' },
          outputArtifacts: [{ name: 'App' }],
        },
      ],
    },
    { name: 'Approve', actions: [{ ...nothing, name: 'Gate', actionTypeId: MANUAL, runOrder: 1 }] },
    {
      name: 'Deploy',
      actions: [
        {
          ...nothing,
          name: 'Copy',
          actionTypeId: FILES,
          runOrder: 1,
          configuration: { TargetDirectory: '/srv/shop' },
          inputArtifacts: [{ name: 'App' }],
        },
      ],
    },
  ],
};

export const OUTLINE: readonly StageOutline[] = SHOP.stages.map(({ name, actions }) => ({
  name,
  actions: actions.map((action) => ({
    name: action.name,
    runOrder: action.runOrder,
    actionTypeId: action.actionTypeId,
  })),
}));

export const created: Happening = {
  category: 'pipeline',
  event: {
    type: 'PipelineCreated',
    data: {
      pipelineId: PIPELINE_ID,
      name: 'shop',
      version: 1,
      declaration: SHOP,
      tags: [{ key: 'team', value: 'web' }],
      createdAt: at(0),
    },
  },
};

export const traffic = (event: TrafficEvent): Happening => ({ category: 'traffic', event });

export function admitted(executionId: string, ordinal: number, more: Partial<Happening> = {}): Happening {
  return {
    ...traffic({
      type: 'ExecutionAdmitted',
      data: {
        executionId,
        pipelineName: 'shop',
        pipelineVersion: 1,
        trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
        variables: [{ name: 'TARGET', value: 'blue' }],
        missingVariables: [],
        sourceRevisions: [],
        stages: OUTLINE,
        ordinal,
      },
    }),
    ...more,
  };
}

export const entered = (executionId: string, stage: string): Happening =>
  traffic({ type: 'StageEntered', data: { executionId, stage, pipelineName: 'shop', pipelineVersion: 1 } });

export const awaited = (executionId: string, stage: string, behind: string): Happening =>
  traffic({ type: 'StageAwaited', data: { executionId, stage, cause: 'locked', behind } });

/** An execution's own facts. */
export const of = (executionId: string, event: ExecutionEvent): Happening => ({
  category: 'execution',
  event,
  executionId,
});

export const actionId = (executionId: string, action: string, attempt = 1): string =>
  `${executionId}/${action}/${attempt}`;

export function started(
  executionId: string,
  where: readonly [stage: string, action: string],
  more: Partial<ActionStarted> = {},
): Happening {
  const [stage, action] = where;
  const attempt = more.attempt ?? 1;
  return of(executionId, {
    type: 'ActionStarted',
    data: {
      stage,
      action,
      actionExecutionId: actionId(executionId, action, attempt),
      attempt,
      actionTypeId: FILES,
      runOrder: 1,
      work: 'job',
      configuration: {},
      inputArtifacts: [],
      dueAt: at(3_600),
      ...more,
    },
  });
}

export function finished(
  executionId: string,
  where: readonly [stage: string, action: string],
  more: Partial<Extract<ExecutionEvent, { type: 'ActionFinished' }>['data']> = {},
  attempt = 1,
): Happening {
  const [stage, action] = where;
  return of(executionId, {
    type: 'ActionFinished',
    data: { stage, action, actionExecutionId: actionId(executionId, action, attempt), status: 'Succeeded', ...more },
  });
}
