import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type {
  ActionStarted,
  ArtifactRef,
  ExecutionEvent,
  PlannedAction,
  StageFinished,
  StageOutcome,
} from '@millrace/contracts/execution';
import {
  evolveExecution,
  hasRevokedJobs,
  type Execution,
  type KnownExecution,
  type StageRun,
} from './execution.state.js';
import { resolveMap, resolveText, type Resolved } from './variables.js';

/** A decision is followed by whatever it makes due: the next group, the end of the stage, the end of the execution. */
export function settle(execution: Execution, first: readonly ExecutionEvent[], at: string): readonly ExecutionEvent[] {
  const events = [...first];
  let state = first.reduce(evolveExecution, execution);
  for (;;) {
    const due = state.status === 'absent' ? [] : dueEvents(state, at);
    if (due.length === 0) return events;
    events.push(...due);
    state = due.reduce(evolveExecution, state);
  }
}

/** What follows from the state as it stands; nothing while an action runs. */
function dueEvents(execution: KnownExecution, at: string): readonly ExecutionEvent[] {
  const { stage } = execution;
  if (stage === undefined) return [];
  if (stage.status !== 'InProgress')
    return stage.vacated || hasRevokedJobs(execution) ? [] : [vacated(execution, stage)];
  return [...stage.runs.values()].some(({ status }) => status === 'InProgress')
    ? []
    : restingEvents(execution, stage, at);
}

/** Nothing runs in the stage: it ends, or its next group starts. */
function restingEvents(execution: KnownExecution, stage: StageRun, at: string): readonly ExecutionEvent[] {
  const runs = [...stage.runs.values()];
  const failed = runs.some(({ status }) => status !== 'Succeeded');
  const pending = stage.actions.filter(({ name }) => !stage.runs.has(name));
  const complete = !failed && pending.length === 0;
  if (execution.cancellation !== undefined) return finished(stage, 'Cancelled', 'Cancelled', execution.cancellation);
  if (execution.stop !== undefined)
    return finished(stage, complete ? 'Succeeded' : 'Stopped', 'Stopped', execution.stop.reason);
  if (failed) return finished(stage, 'Failed', 'Failed');
  if (complete) return succeeded(execution, stage);
  const runOrder = Math.min(...pending.map((action) => action.runOrder));
  return pending
    .filter((action) => action.runOrder === runOrder)
    .flatMap((action) => startAction(execution, stage, action, at));
}

function vacated(execution: KnownExecution, stage: StageRun): ExecutionEvent {
  // Everything had succeeded when the stop took effect: the stage is Succeeded, the execution is not, and it enters no other.
  const outcome: StageOutcome =
    stage.status === 'Succeeded' && execution.status === 'Stopped' ? 'Stopped' : (stage.status as StageOutcome);
  return { type: 'StageVacated', data: { stage: stage.name, outcome } };
}

function finished(
  { name }: StageRun,
  stageStatus: StageFinished['status'],
  status: 'Failed' | 'Stopped' | 'Cancelled',
  summary?: string,
): readonly ExecutionEvent[] {
  return [
    { type: 'StageFinished', data: { stage: name, status: stageStatus } },
    { type: 'ExecutionFinished', data: summary === undefined ? { status } : { status, summary } },
  ];
}

function succeeded({ facts }: KnownExecution, { name }: StageRun): readonly ExecutionEvent[] {
  const events: ExecutionEvent[] = [{ type: 'StageFinished', data: { stage: name, status: 'Succeeded' } }];
  if (facts.stages.at(-1)?.name === name) events.push({ type: 'ExecutionFinished', data: { status: 'Succeeded' } });
  return events;
}

function startAction(
  execution: KnownExecution,
  stage: StageRun,
  action: PlannedAction,
  at: string,
): readonly ExecutionEvent[] {
  const { executionId } = execution.facts;
  const attempt = (execution.attempts.get(`${stage.name}/${action.name}`) ?? 0) + 1;
  const actionExecutionId = uuidV5(NAMESPACES.actionExecution, executionId, stage.name, action.name, attempt);
  const inputs = resolveInputs(action, execution);
  const configuration = resolveMap(action.configuration, execution);
  const environment = resolveEnvironment(action, execution);
  const started: ActionStarted = {
    stage: stage.name,
    action: action.name,
    actionExecutionId,
    attempt,
    actionTypeId: action.actionTypeId,
    runOrder: action.runOrder,
    work: action.work,
    configuration: configuration.resolved ? configuration.value : action.configuration,
    ...(environment.resolved && environment.value !== undefined ? { environmentVariables: environment.value } : {}),
    inputArtifacts: inputs.resolved ? inputs.value : [],
    dueAt: new Date(Date.parse(at) + action.timeoutMs).toISOString(),
  };
  const fault = [configuration, environment, inputs].find((part) => !part.resolved);
  if (fault !== undefined && !fault.resolved)
    return [{ type: 'ActionStarted', data: started }, notRunnable(started, fault.message)];
  if (action.work === 'approval') return [{ type: 'ActionStarted', data: started }];
  return [{ type: 'ActionStarted', data: started }, offer(actionExecutionId, 1, action.labels)];
}

export function offer(actionExecutionId: string, attempt: number, labels: readonly string[]): ExecutionEvent {
  return {
    type: 'JobOffered',
    data: { jobId: uuidV5(NAMESPACES.job, actionExecutionId, attempt), actionExecutionId, attempt, labels },
  };
}

function notRunnable({ stage, action, actionExecutionId }: ActionStarted, message: string): ExecutionEvent {
  return {
    type: 'ActionFinished',
    data: { stage, action, actionExecutionId, status: 'Failed', error: { code: 'ConfigurationError', message } },
  };
}

function resolveInputs(action: PlannedAction, { artifacts }: KnownExecution): Resolved<readonly ArtifactRef[]> {
  const inputs: ArtifactRef[] = [];
  for (const { name } of action.inputArtifacts) {
    const artifact = artifacts.get(name);
    if (artifact === undefined)
      return {
        resolved: false,
        message: `The input artifact ${name} does not exist: the action that declares it has not stored it.`,
      };
    inputs.push(artifact);
  }
  return { resolved: true, value: inputs };
}

function resolveEnvironment(
  action: PlannedAction,
  execution: KnownExecution,
): Resolved<ActionStarted['environmentVariables']> {
  if (action.environmentVariables === undefined) return { resolved: true, value: undefined };
  const variables: { name: string; value: string; type?: string }[] = [];
  for (const variable of action.environmentVariables) {
    const resolved = resolveText(variable.value, execution);
    if (!resolved.resolved)
      return { resolved: false, message: `environment variable ${variable.name}: ${resolved.message}` };
    variables.push({ ...variable, value: resolved.value });
  }
  return { resolved: true, value: variables };
}
