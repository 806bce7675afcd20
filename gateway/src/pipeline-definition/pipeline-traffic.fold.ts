import type { Actor } from '@millrace/decider';
import type { ExecutionAdmitted, StageAwaited, TrafficEvent } from '@millrace/contracts/execution';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { changeRun, changeStage, changeStatus, endExecution, findExecution, stopWaiting } from './pipeline-stages.js';
import type { ActionDocument, ExecutionSummary, PipelineDocument, StageDocument } from './pipeline.document.js';

interface Moment {
  readonly time: string;
  readonly actor: Actor;
}

/** Who waits before which stage, who is inside, which doors are closed. */
export function foldTraffic(pipeline: PipelineDocument, event: KnownEvent, moment: Moment): PipelineDocument {
  const { time, actor } = moment;
  switch (event.type) {
    case 'ExecutionAdmitted':
      return admitted(pipeline, event.data, time);
    case 'StageAwaited':
      return awaited(pipeline, event.data, time);
    case 'StageEntered':
      return entered(pipeline, event.data, time);
    case 'StageLeft':
      return changeRun(pipeline, event.data, (run) =>
        run.status === 'InProgress' || run.status === 'Stopping'
          ? { ...run, status: event.data.outcome, statusSince: time }
          : run,
      );
    case 'ExecutionWithdrawn':
      return stopWaiting(pipeline, event.data.executionId);
    case 'ExecutionSuperseded': {
      const { executionId } = event.data;
      return endExecution(
        changeStatus(stopWaiting(pipeline, executionId), executionId, 'Superseded', time),
        executionId,
      );
    }
    case 'ExecutionOutdated':
      return event.data.waiting ? stopWaiting(pipeline, event.data.executionId) : pipeline;
    case 'RetryAdmitted':
      return retried(pipeline, event.data, time);
    case 'TransitionDisabled':
      return changeStage(pipeline, event.data.stage, (stage) => ({
        ...stage,
        transition: { enabled: false, reason: event.data.reason, changedBy: actor, changedAt: time },
      }));
    case 'TransitionEnabled':
      return changeStage(pipeline, event.data.stage, (stage) => ({
        ...stage,
        transition: { enabled: true, changedBy: actor, changedAt: time },
      }));
    default:
      return pipeline;
  }
}

function admitted(pipeline: PipelineDocument, data: ExecutionAdmitted, time: string): PipelineDocument {
  const { executionId, ordinal, pipelineVersion } = data;
  const execution: ExecutionSummary = {
    executionId,
    ordinal,
    pipelineVersion,
    status: 'InProgress',
    statusSince: time,
    startedAt: time,
  };
  return { ...pipeline, active: [...pipeline.active, execution], latestExecution: execution };
}

function awaited(pipeline: PipelineDocument, data: StageAwaited, time: string): PipelineDocument {
  const { executionId, stage, cause, behind } = data;
  const known = findExecution(pipeline, executionId);
  const before = pipeline.stages
    .find(({ name }) => name === stage)
    ?.inbound.find((waiting) => waiting.executionId === executionId);
  const waiting = {
    executionId,
    ...(known === undefined ? {} : { ordinal: known.ordinal }),
    status: known?.status ?? ('InProgress' as const),
    cause,
    ...(behind === undefined ? {} : { behind }),
    // It goes on waiting, for another reason.
    since: before?.since ?? time,
  };
  return changeStage(stopWaiting(pipeline, executionId), stage, (place) => ({
    ...place,
    inbound: [...place.inbound, waiting],
  }));
}

function entered(
  pipeline: PipelineDocument,
  data: Extract<TrafficEvent, { type: 'StageEntered' }>['data'],
  time: string,
): PipelineDocument {
  const { executionId, stage, pipelineVersion } = data;
  const known = findExecution(pipeline, executionId);
  return changeStage(stopWaiting(pipeline, executionId), stage, (place): StageDocument => {
    if (place.latest?.executionId === executionId)
      return { ...place, latest: { ...place.latest, status: 'InProgress', statusSince: time } };
    return {
      ...place,
      latest: {
        executionId,
        ...(known === undefined ? {} : { ordinal: known.ordinal }),
        pipelineVersion,
        status: 'InProgress',
        statusSince: time,
        enteredAt: time,
        retries: 0,
      },
      actions: place.actions.map(notStarted),
    };
  });
}

/** A stage shows the execution inside, so what the previous one did is no longer its state. */
function notStarted(action: ActionDocument): ActionDocument {
  const { latest: _latest, currentRevision: _currentRevision, ...rest } = action;
  return rest;
}

/** The execution is in progress again, inside the stage that is retried. */
function retried(
  pipeline: PipelineDocument,
  data: { readonly executionId: string; readonly stage: string },
  time: string,
): PipelineDocument {
  const summary = { ...summaryOf(pipeline, data), status: 'InProgress' as const, statusSince: time };
  const inProgress = endExecution(changeStatus(pipeline, data.executionId, 'InProgress', time), data.executionId);
  return changeRun({ ...inProgress, active: [...inProgress.active, summary] }, data, (run) => ({
    ...run,
    status: 'InProgress',
    statusSince: time,
  }));
}

/** An execution that is over and not the latest one is known by the stage that it was inside of last. */
function summaryOf(
  pipeline: PipelineDocument,
  { executionId, stage }: { readonly executionId: string; readonly stage: string },
): Omit<ExecutionSummary, 'status' | 'statusSince'> {
  const known = findExecution(pipeline, executionId);
  if (known !== undefined) return known;
  const run = pipeline.stages.find(({ name }) => name === stage)?.latest;
  return {
    executionId,
    ordinal: run?.ordinal ?? 0,
    pipelineVersion: run?.pipelineVersion ?? pipeline.version,
    startedAt: run?.enteredAt ?? pipeline.createdAt,
  };
}
