import { between } from '../output/values.js';
import { isOver, type ActionView, type AttemptView, type ExecutionView, type StageView } from '../platform/values.js';
import type { ActionItem, StageItem, WatchItem } from './watch-item.js';

/**
 * What has happened from one state of an execution to the next one that was seen. The document holds every attempt with its times, so a
 * state that was skipped loses nothing: not while the watcher is slow, not while it is cut off.
 *
 * @param before - undefined for the first state that is seen: all that has happened so far.
 */
export function changesBetween(before: ExecutionView | undefined, after: ExecutionView): readonly WatchItem[] {
  const within = after.stages.flatMap((stage, index) =>
    stageChanges(before?.stages[index], stage, { number: index + 1, of: after, joining: before === undefined }),
  );
  const retried = before !== undefined && isOver(before.status) && !isOver(after.status);
  return [
    ...(before === undefined ? [executionItem(after, 'begin')] : []),
    ...(retried ? [executionItem(after, 'again')] : []),
    // Stable: what happened at one instant stays in the order in which it can have happened.
    ...within.toSorted((a, b) => a.at.localeCompare(b.at)),
    ...waitingChanges(before, after),
    ...after.stages.flatMap((stage, index) => workChanges(before?.stages[index], stage)),
    ...endChanges(before, after),
  ];
}

/** All but output, which has a time of its own only where it is written. */
type Dated = Extract<WatchItem, { readonly at: string }>;

interface Place {
  readonly number: number;
  readonly of: ExecutionView;
  readonly joining: boolean;
}

function executionItem(execution: ExecutionView, moment: 'begin' | 'again' | 'now'): Dated {
  const begin = moment !== 'now';
  return {
    type: 'execution',
    at: moment === 'begin' ? execution.startedAt : execution.statusSince,
    executionId: execution.id,
    pipeline: execution.pipelineName,
    pipelineVersion: execution.pipelineVersion,
    ordinal: execution.ordinal,
    status: begin ? 'InProgress' : execution.status,
    startedAt: execution.startedAt,
    resumed: moment === 'again',
    trigger: execution.trigger,
    startedBy: execution.startedBy.name,
    summary: begin ? null : endSummary(execution),
    durationMs: begin ? null : between(execution.startedAt, execution.finishedAt ?? execution.statusSince),
  };
}

function endSummary(execution: ExecutionView): string | null {
  if (execution.summary !== null) return execution.summary;
  const { stop, supersededBy } = execution;
  if (execution.status === 'Superseded' && supersededBy !== null) return `Execution ${supersededBy} took its place.`;
  if (stop === null) return null;
  return `${stop.abandon ? 'Abandoned' : 'Stopped'} by ${stop.by.name}${stop.reason === null ? '.' : `: ${stop.reason}`}`;
}

function endChanges(before: ExecutionView | undefined, after: ExecutionView): readonly Dated[] {
  const changed = before?.status !== after.status;
  return changed && after.status !== 'InProgress' ? [executionItem(after, 'now')] : [];
}

function waitingChanges(before: ExecutionView | undefined, after: ExecutionView): readonly Dated[] {
  const { waiting } = after;
  if (waiting === null || isOver(after.status) || before?.waiting?.explanation === waiting.explanation) return [];
  return [
    {
      type: 'waiting',
      at: waiting.since,
      stage: waiting.stage,
      action: null,
      cause: waiting.cause,
      explanation: waiting.explanation,
    },
  ];
}

/** Jobs that are with nobody, each time for another reason. */
function workChanges(before: StageView | undefined, after: StageView): readonly Dated[] {
  return after.actions.flatMap(({ name, attempts }) => {
    const known = before?.actions.find((action) => action.name === name)?.attempts ?? [];
    return attempts.flatMap(({ id, waiting }) => {
      const told = known.find((attempt) => attempt.id === id)?.waiting?.explanation;
      if (waiting === null || waiting.explanation === told) return [];
      const { since: at, cause, explanation } = waiting;
      return [{ type: 'waiting' as const, at, stage: after.name, action: name, cause, explanation }];
    });
  });
}

function stageChanges(before: StageView | undefined, after: StageView, place: Place): readonly Dated[] {
  return [
    ...stageBegin(before, after, place),
    ...after.actions
      .toSorted((a, b) => a.runOrder - b.runOrder)
      .flatMap((action) => {
        const known = before?.actions.find(({ name }) => name === action.name);
        return actionChanges(known, { action, stage: after, joining: place.joining });
      }),
    ...stageEnd(before, after, place),
  ];
}

function stageBegin(before: StageView | undefined, after: StageView, place: Place): readonly Dated[] {
  if (after.startedAt === null) return [];
  const again = after.retries !== (before?.retries ?? 0);
  if (before?.startedAt === after.startedAt && !again) return [];
  return [stageItem(after, place, 'InProgress')];
}

function stageEnd(before: StageView | undefined, after: StageView, place: Place): readonly Dated[] {
  const { status, statusSince } = after;
  if (status === null || status === 'InProgress' || statusSince === null) return [];
  if (before?.status === status && before.statusSince === statusSince) return [];
  return [stageItem(after, place, status)];
}

function stageItem(stage: StageView, place: Place, status: StageItem['status']): StageItem {
  const { startedAt, statusSince } = stage;
  const begins = status === 'InProgress';
  return {
    type: 'stage',
    at: (begins ? startedAt : statusSince) ?? place.of.startedAt,
    stage: stage.name,
    number: place.number,
    stages: place.of.stages.length,
    status,
    retries: stage.retries,
    durationMs: begins || startedAt === null || statusSince === null ? null : between(startedAt, statusSince),
  };
}

interface ActionPlace {
  readonly action: ActionView;
  readonly stage: StageView;
  readonly joining: boolean;
}

function actionChanges(before: ActionView | undefined, place: ActionPlace): readonly Dated[] {
  return place.action.attempts.flatMap((attempt) => {
    const known = before?.attempts.find(({ id }) => id === attempt.id);
    return [
      ...(known === undefined ? [actionItem(attempt, place, 'InProgress')] : []),
      ...(attempt.status === 'InProgress' || known?.status === attempt.status
        ? []
        : [actionItem(attempt, place, attempt.status)]),
    ];
  });
}

function actionItem(attempt: AttemptView, place: ActionPlace, status: ActionItem['status']): ActionItem {
  const { action, stage, joining } = place;
  const begins = status === 'InProgress';
  const at = begins ? attempt.startedAt : (attempt.finishedAt ?? attempt.statusSince);
  const outcome = begins
    ? { summary: null, error: null, updatedBy: null, externalExecutionId: null, durationMs: null }
    : { ...outcomeOf(attempt), durationMs: between(attempt.startedAt, at) };
  return {
    type: 'action',
    at,
    stage: stage.name,
    action: action.name,
    provider: action.actionTypeId.provider,
    actionExecutionId: attempt.id,
    attempt: attempt.attempt,
    status,
    ...outcome,
    isApproval: action.actionTypeId.category === 'Approval',
    logBytes: attempt.log?.bytes ?? 0,
    past: joining && attempt.status !== 'InProgress',
  };
}

function outcomeOf(attempt: AttemptView): Pick<ActionItem, 'summary' | 'error' | 'updatedBy' | 'externalExecutionId'> {
  const { summary, error, updatedBy, externalExecutionId } = attempt;
  return { summary, error, updatedBy, externalExecutionId };
}
