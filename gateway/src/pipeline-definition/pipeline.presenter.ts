import type { RefusalDetail } from '@millrace/decider';
import type { ActionType } from '@millrace/contracts/pipeline-definition';
import { toRevision } from '../execution/execution.presenter.js';
import { toWaiting } from '../execution/waiting.presenter.js';
import { toActor } from '../views/actor.presenter.js';
import type { StoredView } from '../views/connection.js';
import type { Settled } from '../views/mutations.js';
import type {
  ActionDocument,
  ActionRunDocument,
  ExecutionSummary,
  InboundDocument,
  PipelineDocument,
  PipelineVersionDocument,
  SourceDocument,
  StageDocument,
  StageRunDocument,
  TransitionDocument,
} from './pipeline.document.js';
import type { Definitions, Finding } from './ports.js';

export type PipelineView = ReturnType<typeof toPipeline>;

/** The rest of a pipeline (definition, versions, executions) is read when it is asked for. */
export function toPipeline({ document, position }: Pick<StoredView<PipelineDocument>, 'document' | 'position'>) {
  const { pipelineId, name, project, version, executionMode, createdAt, updatedAt, deletedAt, tags } = document;
  return {
    id: pipelineId,
    name,
    project,
    version,
    executionMode,
    createdAt,
    createdBy: toActor(document.createdBy),
    updatedAt,
    updatedBy: toActor(document.updatedBy),
    deletedAt,
    tags,
    stages: document.stages.map(toStage),
    sources: document.sources.map(toSource),
    latestExecution: document.latestExecution && toExecutionRef(document.latestExecution),
    position,
  };
}

function toStage(stage: StageDocument) {
  return {
    name: stage.name,
    transition: toTransition(stage.transition),
    inbound: stage.inbound.map((waiting) => toInbound(stage.name, waiting)),
    latestExecution: stage.latest && toStageRun(stage.latest),
    actions: stage.actions.map((action) => toAction(action, stage.latest?.executionId)),
  };
}

function toTransition({ enabled, reason, changedBy, changedAt }: TransitionDocument) {
  return { enabled, reason, changedBy: changedBy && toActor(changedBy), changedAt };
}

function toInbound(stage: string, { executionId, ordinal, status, cause, behind, since }: InboundDocument) {
  return { executionId, ordinal, status, since, ...toWaiting(stage, cause, behind) };
}

function toStageRun(run: StageRunDocument) {
  const { executionId, ordinal, status, statusSince, enteredAt, retries, pipelineVersion } = run;
  return { executionId, ordinal, status, statusSince, enteredAt, retries, pipelineVersion };
}

/** @param inside - the execution that is in the stage: what is in progress there is its. */
function toAction(
  { name, actionTypeId, runOrder, entityUrl, currentRevision, latest }: ActionDocument,
  inside: string | undefined,
) {
  return {
    name,
    actionTypeId,
    runOrder,
    latestExecution: latest && toActionRun(latest, inside),
    currentRevision: currentRevision && toRevision(currentRevision),
    entityUrl,
    revisionUrl: currentRevision?.url,
  };
}

export type ActionRunView = ReturnType<typeof toActionRun>;

function toActionRun(run: ActionRunDocument, executionId: string | undefined) {
  const { actionExecutionId, attempt, status, statusSince, startedAt, finishedAt, summary, error } = run;
  const { work, runnerId, updatedBy, externalExecutionId, externalExecutionUrl, token, dueAt } = run;
  return {
    ...{ actionExecutionId, attempt, status, statusSince, startedAt, finishedAt, summary, error },
    ...{ work, runnerId, updatedBy, externalExecutionId, externalExecutionUrl, token, dueAt, executionId },
  };
}

function toSource({ actionName, stageName, healthy, healthSince, error, revision, seenAt }: SourceDocument) {
  return { actionName, stageName, healthy, healthSince, error, revision: revision && toRevision(revision), seenAt };
}

function toExecutionRef({ executionId, ordinal, status, statusSince, startedAt }: ExecutionSummary) {
  return { id: executionId, ordinal, status, statusSince, startedAt };
}

export function toVersion({ version, declaration, createdAt, createdBy }: PipelineVersionDocument) {
  return { version, definition: declaration, createdAt, createdBy: toActor(createdBy) };
}

export function toActionType(type: ActionType) {
  const { id, description, inputArtifacts, outputArtifacts, properties, members, timeoutMinutes, work } = type;
  return {
    id,
    description,
    inputArtifacts,
    outputArtifacts,
    properties: properties.map(({ name, description: text, type: reads, required, secret, effective, ...rest }) => ({
      name,
      description: text,
      type: reads,
      required,
      secret,
      default: rest.default,
      effective,
    })),
    members,
    outputVariables: type.outputVariables === 'dynamic' ? null : type.outputVariables,
    timeoutMinutes,
    isApproval: work === 'approval',
  };
}

export function toValidation({ ok, violations = [], notices = [] }: ReturnType<Definitions['validate']>) {
  return { valid: ok, violations: violations.map(toViolation), notices: notices.map(toViolation) };
}

export function toViolation({ path, message, code }: Finding | RefusalDetail) {
  return { path, message, code };
}

const OF_THE_DEFINITION: ReadonlySet<string> = new Set([
  'INVALID_DEFINITION',
  'INVALID_TAGS',
  'INVALID_COMMAND',
  'UNREADABLE_DEFINITION',
]);

export function toPipelineRefusal({ code, message, details = [] }: Extract<Settled, { accepted: false }>) {
  if (!OF_THE_DEFINITION.has(code)) return { __typename: 'PipelineRefused' as const, code, message };
  const violations = details.length > 0 ? details.map(toViolation) : [{ path: '', message, code }];
  return { __typename: 'PipelineInvalid' as const, code, message, violations };
}

/** What a pipeline was created or updated to. */
export interface SavedPipeline {
  readonly name: string;
  readonly pipelineId: string | undefined;
  readonly version: number | undefined;
}

export function toPipelineSaved(
  saved: SavedPipeline,
  { position, visible }: Pick<Extract<Settled, { accepted: true }>, 'position' | 'visible'>,
  pipeline: StoredView<PipelineDocument> | undefined,
) {
  return {
    __typename: 'PipelineSaved' as const,
    name: saved.name,
    pipelineId: saved.pipelineId ?? pipeline?.document.pipelineId,
    version: saved.version ?? pipeline?.document.version,
    pipeline: pipeline && toPipeline(pipeline),
    position,
    visible,
  };
}

export function toPipelineDeleted(name: string, settled: Settled) {
  if (!settled.accepted) return toPipelineRefusal(settled);
  const { position, visible } = settled;
  return { __typename: 'PipelineDeleted' as const, name, position, visible };
}
