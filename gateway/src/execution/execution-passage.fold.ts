import type { ExecutionStatus } from '@millrace/contracts/execution';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { changeStage, withStatus } from './execution-stages.js';
import type { ExecutionDocument } from './execution.document.js';

/** What traffic decides about an execution: where it waits, that it may enter, that another took its place. */
export function foldPassage(execution: ExecutionDocument, event: KnownEvent, time: string): ExecutionDocument {
  switch (event.type) {
    case 'StageAwaited': {
      const { stage, cause, behind } = event.data;
      const since = execution.waiting?.stage === stage ? execution.waiting.since : time;
      return { ...execution, waiting: { stage, cause, ...(behind === undefined ? {} : { behind }), since } };
    }
    case 'StageEntered':
    case 'ExecutionWithdrawn':
      return notWaiting(execution);
    case 'ExecutionOutdated':
      return event.data.waiting ? notWaiting(execution) : execution;
    case 'ExecutionSuperseded':
      return { ...ended(notWaiting(execution), 'Superseded', time), supersededBy: event.data.by };
    case 'RetryAdmitted': {
      const { finishedAt: _finishedAt, summary: _summary, stop: _stop, ...again } = execution;
      return changeStage(withStatus(again, 'InProgress', time), event.data.stage, (stage) => {
        const { finishedAt: _stageFinishedAt, ...running } = stage;
        return withStatus(running, 'InProgress', time);
      });
    }
    default:
      return execution;
  }
}

export function notWaiting(execution: ExecutionDocument): ExecutionDocument {
  const { waiting: _waiting, ...rest } = execution;
  return rest;
}

export function ended(execution: ExecutionDocument, status: ExecutionStatus, time: string): ExecutionDocument {
  // Traffic says it first where it has decided it; then that is when it ended.
  return execution.status === status && execution.finishedAt !== undefined
    ? execution
    : { ...withStatus(execution, status, time), finishedAt: time };
}
