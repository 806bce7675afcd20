import type { PipelineView, StageNow } from '../platform/pipelines.js';
import type { ActionView, AttemptView, ExecutionView, StageView } from '../platform/values.js';

const PERSON = { kind: 'token', id: 't-1', name: 'ada' };

/** An instant of the day of the tests, so many seconds after noon. */
export function at(seconds: number): string {
  return new Date(Date.parse('2026-11-24T12:00:00.000Z') + seconds * 1_000).toISOString();
}

export function attempt(changes: Partial<AttemptView> = {}): AttemptView {
  return {
    id: 'a-1',
    attempt: 1,
    status: 'InProgress',
    statusSince: at(1),
    startedAt: at(1),
    finishedAt: null,
    summary: null,
    error: null,
    work: 'RUNNING',
    waiting: null,
    runnerId: null,
    externalExecutionId: null,
    externalExecutionUrl: null,
    updatedBy: null,
    jobs: [],
    outputVariables: [],
    log: null,
    approval: null,
    ...changes,
  };
}

export function action(name: string, attempts: readonly AttemptView[], changes: Partial<ActionView> = {}): ActionView {
  return {
    name,
    actionTypeId: { category: 'Test', owner: 'AWS', provider: 'Commands', version: '1' },
    runOrder: 1,
    status: attempts.at(-1)?.status ?? null,
    attempts,
    ...changes,
  };
}

export function stage(name: string, changes: Partial<StageView> = {}): StageView {
  return {
    name,
    status: null,
    statusSince: null,
    startedAt: null,
    finishedAt: null,
    retries: 0,
    actions: [],
    ...changes,
  };
}

export function execution(changes: Partial<ExecutionView> = {}): ExecutionView {
  return {
    id: '11111111-2222-4333-8444-555555555555',
    pipelineName: 'shop',
    pipelineVersion: 1,
    ordinal: 7,
    status: 'InProgress',
    statusSince: at(0),
    summary: null,
    trigger: { type: 'StartPipelineExecution', detail: 'ada' },
    startedBy: PERSON,
    startedAt: at(0),
    finishedAt: null,
    sourceRevisions: [],
    waiting: null,
    supersededBy: null,
    variables: [],
    stages: [],
    stop: null,
    position: 'log.1',
    ...changes,
  };
}

/** A stage of the pipeline as it is now. */
export function stageNow(name: string, changes: Partial<StageNow> = {}): StageNow {
  return {
    name,
    transition: { enabled: true, reason: null, changedBy: null },
    inbound: [],
    latestExecution: null,
    actions: [],
    ...changes,
  };
}

export function pipelineView(stages: readonly StageNow[]): PipelineView {
  return {
    id: 'p-1',
    name: 'shop',
    version: 1,
    updatedAt: at(0),
    deletedAt: null,
    latestExecution: null,
    executionMode: 'SUPERSEDED',
    updatedBy: PERSON,
    stages,
    sources: [],
  };
}
