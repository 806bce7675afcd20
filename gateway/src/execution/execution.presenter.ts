import { uuidV5 } from '@millrace/decider';
import type { ArtifactRef, RevisionInfo } from '@millrace/contracts/execution';
import { toActor } from '../views/actor.presenter.js';
import type { StoredView } from '../views/connection.js';
import type { Accepted, Settled } from '../views/mutations.js';
import type {
  ActionOfExecutionDocument,
  AttemptDocument,
  ExecutionDocument,
  JobDocument,
  StageExecutionDocument,
} from './execution.document.js';
import { toWaiting } from './waiting.presenter.js';
import type { OfferedWork } from './work-waiting.js';

export type ExecutionView = ReturnType<typeof toExecution>;
export type ExecutionRevisionView = ExecutionView['sourceRevisions'][number];
export type AttemptView = ReturnType<typeof toAttempt>;

/** The rest of an execution (its pipeline, commits, artifacts) is read when it is asked for. */
export function toExecution({ document, position }: Pick<StoredView<ExecutionDocument>, 'document' | 'position'>) {
  const { executionId, pipelineId, pipelineName, pipelineVersion, ordinal, status, statusSince, summary } = document;
  const { trigger, startedAt, finishedAt, variables, supersededBy, stop, waiting } = document;
  return {
    id: executionId,
    ...{ pipelineId, pipelineName, pipelineVersion, ordinal, status, statusSince, summary },
    trigger,
    startedBy: toActor(document.startedBy),
    ...{ startedAt, finishedAt, variables },
    sourceRevisions: document.revisions.map(({ actionName, revision }) => ({
      actionName,
      revision: toRevision(revision),
      pipelineId,
      causedBy: document.causedBy,
    })),
    stages: document.stages.map((stage) => toStage(stage, executionId)),
    waiting: waiting && {
      stage: waiting.stage,
      since: waiting.since,
      ...toWaiting(waiting.stage, waiting.cause, waiting.behind),
    },
    supersededBy,
    stop: stop && { abandon: stop.abandon, reason: stop.reason, by: toActor(stop.by), at: stop.at },
    position,
  };
}

function toStage(stage: StageExecutionDocument, executionId: string) {
  const { name, status, statusSince, startedAt, finishedAt, retries } = stage;
  const actions = stage.actions.map((action) => toAction(action, executionId));
  return { name, status, statusSince, startedAt, finishedAt, retries, actions };
}

function toAction({ name, actionTypeId, runOrder, attempts }: ActionOfExecutionDocument, executionId: string) {
  return {
    name,
    actionTypeId,
    runOrder,
    status: attempts.at(-1)?.status,
    attempts: attempts.map((attempt) => toAttempt(attempt, executionId)),
  };
}

function toAttempt(run: AttemptDocument, executionId: string) {
  const { actionExecutionId, attempt, status, statusSince, startedAt, finishedAt, dueAt, summary, error } = run;
  const { configuration, outputVariables = {}, revision, externalExecutionId, externalExecutionUrl, updatedBy } = run;
  return {
    id: actionExecutionId,
    ...{ attempt, status, statusSince, startedAt, finishedAt, dueAt, summary, error },
    work: workState(run),
    offered: offeredWork(run),
    jobs: run.jobs.map(toJob),
    runnerId: run.jobs.findLast((job) => job.runnerId !== undefined)?.runnerId,
    configuration,
    inputArtifacts: run.inputArtifacts.map(toArtifactRef),
    outputArtifacts: (run.outputArtifacts ?? []).map((artifact) => ({
      ...toArtifactRef(artifact),
      // As the artifact context derives it (contracts/artifact).
      artifactId: uuidV5(actionExecutionId, artifact.name),
    })),
    outputVariables: Object.entries(outputVariables).map(([name, value]) => ({ name, value })),
    revision: revision && toRevision(revision),
    ...{ externalExecutionId, externalExecutionUrl, updatedBy },
    executionId,
    isApproval: run.work === 'approval',
    closedLog: run.log,
  };
}

/** The job of an attempt, while it is with nobody. */
export function offeredWork({ status, jobs }: AttemptDocument): OfferedWork | undefined {
  const job = status === 'InProgress' ? jobs.at(-1) : undefined;
  return job?.status === 'Offered' ? { labels: job.labels, since: job.offeredAt } : undefined;
}

/** Whether a job of it is with nobody. */
export function waitsForRunner({ stages }: ExecutionDocument): boolean {
  return stages.some(({ actions }) =>
    actions.some(({ attempts }) => attempts.some((run) => offeredWork(run) !== undefined)),
  );
}

function workState(run: AttemptDocument): 'QUEUED' | 'RUNNING' | 'ENDED' | undefined {
  if (run.work === 'approval') return undefined;
  if (run.status !== 'InProgress') return 'ENDED';
  const status = run.jobs.at(-1)?.status;
  if (status === undefined || status === 'Offered' || status === 'Returned') return 'QUEUED';
  return status === 'Leased' ? 'RUNNING' : 'ENDED';
}

function toJob({ jobId, attempt, status, runnerId, labels, offeredAt, leasedAt, endedAt, reason }: JobDocument) {
  return { id: jobId, attempt, status, runnerId, labels, offeredAt, leasedAt, endedAt, reason };
}

function toArtifactRef({ name, sha256, bytes }: ArtifactRef) {
  return { name, sha256, bytes, artifactId: undefined };
}

export function toRevision({ revisionId, summary, url, createdAt, author }: RevisionInfo) {
  return { revisionId, summary, url, createdAt, author };
}

export function toExecutionRefusal({ code, message }: Extract<Settled, { accepted: false }>) {
  return { __typename: 'ExecutionRefused' as const, code, message };
}

export function toExecutionChange(
  executionId: string,
  { position, visible }: Pick<Accepted, 'position' | 'visible'>,
  execution: StoredView<ExecutionDocument> | undefined,
) {
  return {
    __typename: 'ExecutionChange' as const,
    executionId,
    execution: execution && toExecution(execution),
    position,
    visible,
  };
}

export function toTransitionChange(pipelineName: string, settled: Settled) {
  if (!settled.accepted) return toExecutionRefusal(settled);
  const { position, visible } = settled;
  return { __typename: 'TransitionChange' as const, pipelineName, position, visible };
}

export function toLookRequested(pipelineName: string, settled: Settled) {
  return settled.accepted ? { __typename: 'LookRequested' as const, pipelineName } : toExecutionRefusal(settled);
}
