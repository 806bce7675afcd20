import type { ExecutionStatus } from '@millrace/contracts/execution';
import { changeWhere } from '../views/view-projection.js';
import type {
  ActionDocument,
  ExecutionSummary,
  InboundDocument,
  PipelineDocument,
  StageDocument,
  StageRunDocument,
} from './pipeline.document.js';

export function changeStage(
  pipeline: PipelineDocument,
  name: string,
  change: (stage: StageDocument) => StageDocument,
): PipelineDocument {
  return { ...pipeline, stages: changeWhere(pipeline.stages, (stage) => stage.name === name, change) };
}

/** Only while the stage still shows that execution: one that has been followed by another changes nothing any more. */
export function changeRun(
  pipeline: PipelineDocument,
  where: { readonly stage: string; readonly executionId: string },
  change: (run: StageRunDocument) => StageRunDocument,
): PipelineDocument {
  return changeStage(pipeline, where.stage, (stage) =>
    stage.latest?.executionId === where.executionId ? { ...stage, latest: change(stage.latest) } : stage,
  );
}

/** The action whose latest attempt this is. */
export function changeAction(
  pipeline: PipelineDocument,
  where: { readonly stage: string; readonly action: string; readonly actionExecutionId: string },
  change: (action: ActionDocument) => ActionDocument,
): PipelineDocument {
  const isIt = (action: ActionDocument): boolean =>
    action.name === where.action && action.latest?.actionExecutionId === where.actionExecutionId;
  return changeStage(pipeline, where.stage, (stage) => ({
    ...stage,
    actions: changeWhere(stage.actions, isIt, change),
  }));
}

export function findExecution(pipeline: PipelineDocument, executionId: string): ExecutionSummary | undefined {
  if (pipeline.latestExecution?.executionId === executionId) return pipeline.latestExecution;
  return pipeline.active.find((execution) => execution.executionId === executionId);
}

/** Wherever the execution is named: among the active ones, as the latest one, before a stage. */
export function changeStatus(
  pipeline: PipelineDocument,
  executionId: string,
  status: ExecutionStatus,
  time: string,
): PipelineDocument {
  const isIt = (execution: { readonly executionId: string }): boolean => execution.executionId === executionId;
  const change = (execution: ExecutionSummary): ExecutionSummary =>
    execution.status === status ? execution : { ...execution, status, statusSince: time };
  const { latestExecution } = pipeline;
  return {
    ...pipeline,
    active: changeWhere(pipeline.active, isIt, change),
    ...(latestExecution !== undefined && isIt(latestExecution) ? { latestExecution: change(latestExecution) } : {}),
    stages: changeWhere(
      pipeline.stages,
      (stage) => stage.inbound.some(isIt),
      (stage) => ({ ...stage, inbound: changeWhere(stage.inbound, isIt, (waiting) => ({ ...waiting, status })) }),
    ),
  };
}

/** The execution is over: kept where it was seen last, no longer among the active ones. */
export function endExecution(pipeline: PipelineDocument, executionId: string): PipelineDocument {
  return { ...pipeline, active: pipeline.active.filter((execution) => execution.executionId !== executionId) };
}

/** Takes the execution out of every waiting place. */
export function stopWaiting(pipeline: PipelineDocument, executionId: string): PipelineDocument {
  const waits = (waiting: InboundDocument): boolean => waiting.executionId === executionId;
  return {
    ...pipeline,
    stages: changeWhere(
      pipeline.stages,
      (stage) => stage.inbound.some(waits),
      (stage) => ({ ...stage, inbound: stage.inbound.filter((waiting) => !waits(waiting)) }),
    ),
  };
}
