import { changeWhere } from '../views/view-projection.js';
import type {
  ActionOfExecutionDocument,
  AttemptDocument,
  ExecutionDocument,
  JobDocument,
  StageExecutionDocument,
} from './execution.document.js';

export function changeStage(
  execution: ExecutionDocument,
  name: string,
  change: (stage: StageExecutionDocument) => StageExecutionDocument,
): ExecutionDocument {
  return { ...execution, stages: changeWhere(execution.stages, (stage) => stage.name === name, change) };
}

export function changeAction(
  execution: ExecutionDocument,
  where: { readonly stage: string; readonly action: string },
  change: (action: ActionOfExecutionDocument) => ActionOfExecutionDocument,
): ExecutionDocument {
  return changeStage(execution, where.stage, (stage) => ({
    ...stage,
    actions: changeWhere(stage.actions, (action) => action.name === where.action, change),
  }));
}

/** Jobs and logs name their attempt alone. */
export function changeAttempt(
  execution: ExecutionDocument,
  actionExecutionId: string,
  change: (attempt: AttemptDocument) => AttemptDocument,
): ExecutionDocument {
  const isIt = (attempt: AttemptDocument): boolean => attempt.actionExecutionId === actionExecutionId;
  const has = (action: ActionOfExecutionDocument): boolean => action.attempts.some(isIt);
  return {
    ...execution,
    stages: changeWhere(
      execution.stages,
      (stage) => stage.actions.some(has),
      (stage) => ({
        ...stage,
        actions: changeWhere(stage.actions, has, (action) => ({
          ...action,
          attempts: changeWhere(action.attempts, isIt, change),
        })),
      }),
    ),
  };
}

export function changeJob(
  execution: ExecutionDocument,
  job: { readonly jobId: string; readonly actionExecutionId: string },
  change: (job: JobDocument) => JobDocument,
): ExecutionDocument {
  return changeAttempt(execution, job.actionExecutionId, (attempt) => ({
    ...attempt,
    jobs: changeWhere(attempt.jobs, ({ jobId }) => jobId === job.jobId, change),
  }));
}

/** Keeps the instant of a status that was there already. */
export function withStatus<T extends { readonly status?: string; readonly statusSince?: string }>(
  view: T,
  status: NonNullable<T['status']>,
  time: string,
): T {
  return view.status === status ? view : { ...view, status, statusSince: time };
}
