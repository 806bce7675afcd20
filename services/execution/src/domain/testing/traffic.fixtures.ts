import type { Actor } from '@millrace/decider';
import type { DefinitionFacts, StageOutcome, TrafficCommand, TrafficEvent } from '@millrace/contracts/execution';

export const NOON = '2026-11-25T12:00:00.000Z';
export const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };

const type = (category: string) => ({ category, owner: 'Millrace', provider: 'Git', version: '1' });

export const SHOP: DefinitionFacts = {
  pipelineId: 'p1',
  pipelineName: 'shop',
  version: 1,
  stages: [
    { name: 'Source', actions: [{ name: 'Src', runOrder: 1, actionTypeId: type('Source') }] },
    { name: 'Build', actions: [{ name: 'Compile', runOrder: 1, actionTypeId: type('Build') }] },
    { name: 'Deploy', actions: [{ name: 'Release', runOrder: 1, actionTypeId: type('Deploy') }] },
  ],
  variables: [],
};

type DataOf<T extends TrafficCommand['type']> = Extract<TrafficCommand, { type: T }>['data'];

export const start = (executionId: string, given: Partial<DataOf<'StartExecution'>> = {}): TrafficCommand => ({
  type: 'StartExecution',
  at: NOON,
  by: ADA,
  data: {
    executionId,
    pipelineName: 'shop',
    clientToken: executionId,
    trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
    variables: [],
    sourceRevisions: [],
    definition: SHOP,
    ...given,
  },
});

export const leave = (
  executionId: string,
  stage: string | undefined,
  outcome: StageOutcome = 'Succeeded',
): TrafficCommand => ({
  type: 'LeaveStage',
  at: NOON,
  by: ADA,
  data: { executionId, outcome, ...(stage === undefined ? {} : { stage }) },
});

export const retry = (executionId: string, stage: string, version = 1): TrafficCommand => ({
  type: 'RetryStage',
  at: NOON,
  by: ADA,
  data: { pipelineName: 'shop', executionId, stage, mode: 'FAILED_ACTIONS', definition: { ...SHOP, version } },
});

export const disable = (
  stage: string,
  at = NOON,
  transitionType: 'Inbound' | 'Outbound' = 'Inbound',
): TrafficCommand => ({
  type: 'DisableTransition',
  at,
  by: ADA,
  data: { pipelineName: 'shop', stage, transitionType, reason: 'freeze', definition: SHOP },
});

export const enable = (stage: string, at = NOON): TrafficCommand => ({
  type: 'EnableTransition',
  at,
  by: ADA,
  data: { pipelineName: 'shop', stage, transitionType: 'Inbound', definition: SHOP },
});

export const cancelOutdated = (version: number, deleted = false): TrafficCommand => ({
  type: 'CancelOutdated',
  at: NOON,
  by: ADA,
  data: { version, deleted },
});

export const entered = (executionId: string, stage: string): TrafficEvent => ({
  type: 'StageEntered',
  data: { executionId, stage, pipelineName: 'shop', pipelineVersion: 1 },
});
export const left = (executionId: string, stage: string, outcome: StageOutcome = 'Succeeded'): TrafficEvent => ({
  type: 'StageLeft',
  data: { executionId, stage, outcome },
});
export const awaited = (executionId: string, stage: string, behind?: string): TrafficEvent => ({
  type: 'StageAwaited',
  data:
    behind === undefined
      ? { executionId, stage, cause: 'transition-disabled' }
      : { executionId, stage, cause: 'locked', behind },
});
export const superseded = (executionId: string, stage: string, by: string): TrafficEvent => ({
  type: 'ExecutionSuperseded',
  data: { executionId, stage, by },
});
