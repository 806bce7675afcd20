import type { ActionFinished, ActionStarted, ExecutionFinished, StageStatus } from '@millrace/contracts/execution';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { changeWhere } from '../views/view-projection.js';
import { changeAction, changeRun, changeStage, changeStatus, endExecution } from './pipeline-stages.js';
import type { ActionDocument, ActionRunDocument, PipelineDocument, StageRunDocument } from './pipeline.document.js';

interface Moment {
  readonly time: string;
  readonly executionId: string;
}

/** What the executions inside the stages do. */
export function foldExecution(pipeline: PipelineDocument, event: KnownEvent, moment: Moment): PipelineDocument {
  const { time, executionId } = moment;
  switch (event.type) {
    case 'ActionStarted':
      return started(pipeline, event.data, moment);
    case 'JobLeased':
      return changeAttempt(pipeline, event.data.actionExecutionId, (run) => ({
        ...run,
        work: 'RUNNING',
        runnerId: event.data.runnerId,
      }));
    case 'JobReturned':
      return changeAttempt(pipeline, event.data.actionExecutionId, ({ runnerId: _runnerId, ...run }) => ({
        ...run,
        work: 'QUEUED',
      }));
    case 'ActionFinished':
      return finished(pipeline, event.data, time);
    case 'StageFinished':
      return changeRun(pipeline, { stage: event.data.stage, executionId }, (run) =>
        withStatus(run, event.data.status, time),
      );
    case 'StageRetried':
      return changeRun(pipeline, { stage: event.data.stage, executionId }, (run) => ({
        ...withStatus(run, 'InProgress', time),
        retries: event.data.retry,
      }));
    case 'StopRequested':
      return endRuns(changeStatus(pipeline, executionId, 'Stopping', time), executionId, 'Stopping', time);
    case 'ExecutionFinished':
      return over(pipeline, event.data, moment);
    default:
      return pipeline;
  }
}

function withStatus(run: StageRunDocument, status: StageStatus, time: string): StageRunDocument {
  return run.status === status ? run : { ...run, status, statusSince: time };
}

function started(pipeline: PipelineDocument, data: ActionStarted, { time, executionId }: Moment): PipelineDocument {
  const { stage, action, actionExecutionId, attempt, dueAt, work } = data;
  const run: ActionRunDocument = {
    actionExecutionId,
    attempt,
    status: 'InProgress',
    statusSince: time,
    startedAt: time,
    dueAt,
    ...(work === 'job' ? { work: 'QUEUED' } : {}),
  };
  return changeStage(pipeline, stage, (place) =>
    place.latest?.executionId === executionId
      ? {
          ...place,
          actions: changeWhere(
            place.actions,
            ({ name }) => name === action,
            (a) => ({ ...a, latest: run }),
          ),
        }
      : place,
  );
}

/** Jobs name their attempt alone. */
function changeAttempt(
  pipeline: PipelineDocument,
  actionExecutionId: string,
  change: (run: ActionRunDocument) => ActionRunDocument,
): PipelineDocument {
  const isIt = (action: ActionDocument): boolean => action.latest?.actionExecutionId === actionExecutionId;
  return {
    ...pipeline,
    stages: changeWhere(
      pipeline.stages,
      (stage) => stage.actions.some(isIt),
      (stage) => ({
        ...stage,
        actions: changeWhere(stage.actions, isIt, (action) =>
          action.latest === undefined ? action : { ...action, latest: change(action.latest) },
        ),
      }),
    ),
  };
}

function finished(pipeline: PipelineDocument, data: ActionFinished, time: string): PipelineDocument {
  const { status, summary, error, revision, externalExecutionId, externalExecutionUrl, updatedBy } = data;
  return changeAction(pipeline, data, (action) => {
    if (action.latest === undefined) return action;
    const { token: _token, ...run } = action.latest;
    const latest: ActionRunDocument = {
      ...run,
      status,
      statusSince: time,
      finishedAt: time,
      ...(run.work === undefined ? {} : { work: 'ENDED' }),
      ...(summary === undefined ? {} : { summary }),
      ...(error === undefined ? {} : { error }),
      ...(externalExecutionId === undefined ? {} : { externalExecutionId }),
      ...(externalExecutionUrl === undefined ? {} : { externalExecutionUrl }),
      ...(updatedBy === undefined ? {} : { updatedBy }),
    };
    return { ...action, latest, ...(revision === undefined ? {} : { currentRevision: revision }) };
  });
}

function over(pipeline: PipelineDocument, data: ExecutionFinished, { time, executionId }: Moment): PipelineDocument {
  const ended = endExecution(changeStatus(pipeline, executionId, data.status, time), executionId);
  // A superseded execution was inside of nothing.
  return data.status === 'Superseded' ? ended : endRuns(ended, executionId, data.status, time);
}

/** Stages in which the execution still is share its fate; those that it has left keep theirs. */
function endRuns(pipeline: PipelineDocument, executionId: string, status: StageStatus, time: string): PipelineDocument {
  return {
    ...pipeline,
    stages: changeWhere(
      pipeline.stages,
      ({ latest }) =>
        latest?.executionId === executionId && (latest.status === 'InProgress' || latest.status === 'Stopping'),
      (stage) => (stage.latest === undefined ? stage : { ...stage, latest: withStatus(stage.latest, status, time) }),
    ),
  };
}
