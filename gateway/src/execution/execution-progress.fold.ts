import type { Actor } from '@millrace/decider';
import type { ActionFinished, ActionStarted, ExecutionFinished, StageStatus } from '@millrace/contracts/execution';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { changeWhere, compact } from '../views/view-projection.js';
import { ended, notWaiting } from './execution-passage.fold.js';
import { changeAction, changeAttempt, changeJob, changeStage, withStatus } from './execution-stages.js';
import type { AttemptDocument, ExecutionDocument, JobDocument, JobDocumentStatus } from './execution.document.js';

interface Moment {
  readonly time: string;
  readonly actor: Actor;
}

/** What an execution does: stages, actions, jobs, its end. */
export function foldProgress(execution: ExecutionDocument, event: KnownEvent, moment: Moment): ExecutionDocument {
  const { time } = moment;
  switch (event.type) {
    case 'StageStarted':
      return changeStage(execution, event.data.stage, (stage) => ({
        ...withStatus(stage, 'InProgress', time),
        startedAt: time,
      }));
    case 'StageRetried':
      return stageRetried(execution, event.data, time);
    case 'ActionStarted':
      return started(execution, event.data, time);
    case 'ActionFinished':
      return finished(execution, event.data, time);
    case 'StageFinished':
      return changeStage(execution, event.data.stage, (stage) => ({
        ...withStatus(stage, event.data.status, time),
        finishedAt: time,
      }));
    case 'StopRequested':
      return stopRequested(execution, event.data, moment);
    case 'ExecutionFinished':
      return over(execution, event.data, time);
    default:
      return foldJob(execution, event, time);
  }
}

function stageRetried(
  execution: ExecutionDocument,
  data: { readonly stage: string; readonly retry: number },
  time: string,
): ExecutionDocument {
  const { finishedAt: _finishedAt, summary: _summary, stop: _stop, ...again } = execution;
  return changeStage(withStatus(again, 'InProgress', time), data.stage, (stage) => {
    const { finishedAt: _stageFinishedAt, ...running } = stage;
    return { ...withStatus(running, 'InProgress', time), startedAt: time, retries: data.retry };
  });
}

function started(execution: ExecutionDocument, data: ActionStarted, time: string): ExecutionDocument {
  const { actionExecutionId, attempt, dueAt, work, configuration, inputArtifacts } = data;
  const begun: AttemptDocument = {
    actionExecutionId,
    attempt,
    status: 'InProgress',
    statusSince: time,
    startedAt: time,
    dueAt,
    work,
    configuration,
    inputArtifacts,
    jobs: [],
  };
  return changeAction(execution, data, (action) => ({ ...action, attempts: [...action.attempts, begun] }));
}

function finished(execution: ExecutionDocument, data: ActionFinished, time: string): ExecutionDocument {
  const { stage: _stage, action, actionExecutionId, status, ...result } = data;
  const changed = changeAttempt(execution, actionExecutionId, (attempt) => ({
    ...compact({ ...attempt, ...result }),
    status,
    statusSince: time,
    finishedAt: time,
  }));
  const { revision } = data;
  if (revision === undefined) return changed;
  const others = changed.revisions.filter(({ actionName }) => actionName !== action);
  return { ...changed, revisions: [...others, { actionName: action, revision }] };
}

function stopRequested(
  execution: ExecutionDocument,
  data: { readonly abandon: boolean; readonly reason?: string },
  { time, actor }: Moment,
): ExecutionDocument {
  const { abandon, reason } = data;
  const stop = { abandon, ...(reason === undefined ? {} : { reason }), by: actor, at: time };
  return endStages({ ...withStatus(execution, 'Stopping', time), stop }, 'Stopping', time);
}

function over(execution: ExecutionDocument, data: ExecutionFinished, time: string): ExecutionDocument {
  const { status, summary, supersededBy } = data;
  const done = {
    ...ended(notWaiting(execution), status, time),
    ...(summary === undefined ? {} : { summary }),
    ...(supersededBy === undefined ? {} : { supersededBy }),
  };
  // A superseded execution was inside of nothing.
  return status === 'Superseded' ? done : endStages(done, status, time);
}

/** A stage in which the execution still is shares its fate. */
function endStages(execution: ExecutionDocument, status: StageStatus, time: string): ExecutionDocument {
  return {
    ...execution,
    stages: changeWhere(
      execution.stages,
      (stage) => stage.status === 'InProgress' || stage.status === 'Stopping',
      (stage) => ({ ...withStatus(stage, status, time), ...(status === 'Stopping' ? {} : { finishedAt: time }) }),
    ),
  };
}

function foldJob(execution: ExecutionDocument, event: KnownEvent, time: string): ExecutionDocument {
  const end = (job: JobDocument, status: JobDocumentStatus, reason?: string): JobDocument => ({
    ...job,
    status,
    endedAt: time,
    ...(reason === undefined ? {} : { reason }),
  });
  switch (event.type) {
    case 'JobOffered': {
      const { jobId, attempt, labels } = event.data;
      return changeAttempt(execution, event.data.actionExecutionId, (run) => ({
        ...run,
        jobs: [...run.jobs, { jobId, attempt, status: 'Offered', labels, offeredAt: time }],
      }));
    }
    case 'JobLeased': {
      const { runnerId } = event.data;
      return changeJob(execution, event.data, (job) => ({ ...job, status: 'Leased', runnerId, leasedAt: time }));
    }
    case 'JobSucceeded':
      return changeJob(execution, event.data, (job) => end(job, 'Succeeded'));
    case 'JobFailed':
      return changeJob(execution, event.data, (job) => end(job, 'Failed', event.data.error.message));
    case 'JobReturned':
      return changeJob(execution, event.data, (job) => end(job, 'Returned', event.data.reason));
    case 'JobLost':
      return changeJob(execution, event.data, (job) => end(job, 'Lost'));
    case 'JobRevoked':
      return changeJob(execution, event.data, (job) => end(job, 'Revoked', event.data.reason));
    default:
      return execution;
  }
}

/** What became of an attempt's log. */
export function foldLog(execution: ExecutionDocument, event: KnownEvent, time: string): ExecutionDocument {
  switch (event.type) {
    case 'LogClosed': {
      const { actionExecutionId, bytes, sha256, dropped } = event.data;
      return changeAttempt(execution, actionExecutionId, (attempt) => ({
        ...attempt,
        log: { bytes, sha256, dropped },
      }));
    }
    case 'LogExpired':
      return changeAttempt(execution, event.data.actionExecutionId, (attempt) =>
        attempt.log === undefined ? attempt : { ...attempt, log: { ...attempt.log, bytes: 0, expiredAt: time } },
      );
    default:
      return execution;
  }
}
