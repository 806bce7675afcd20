import { operation, PAGE_INFO, type ChangeAnswer, type Page, type RefusedAnswer } from './operation.js';
import {
  ACTOR,
  REVISION,
  type ActionError,
  type ActionStatus,
  type ActionTypeId,
  type Actor,
  type ExecutionStatus,
  type RevisionInfo,
  type StageStatus,
} from './values.js';

type Answer<Accepted> = { readonly answer: Accepted | RefusedAnswer };
const REFUSAL = '... on Refusal { code message }';
const INVALID = '... on PipelineInvalid { violations { path message code } }';

export interface PipelineSaved extends ChangeAnswer {
  readonly name: string;
  readonly version: number | null;
}
const SAVED = '... on PipelineSaved { name version position visible }';

export const CREATE_PIPELINE = operation<
  Answer<PipelineSaved>,
  { input: { readonly text: string; readonly tags?: readonly { readonly key: string; readonly value: string }[] } }
>(`
  mutation CreatePipeline($input: CreatePipelineInput!) {
    answer: createPipeline(input: $input) { ${SAVED} ${REFUSAL} ${INVALID} }
  }`);

export const UPDATE_PIPELINE = operation<
  Answer<PipelineSaved>,
  { input: { readonly text: string; readonly expectedVersion?: number } }
>(`
  mutation UpdatePipeline($input: UpdatePipelineInput!) {
    answer: updatePipeline(input: $input) { ${SAVED} ${REFUSAL} ${INVALID} }
  }`);

export const DELETE_PIPELINE = operation<
  Answer<ChangeAnswer & { readonly name: string }>,
  { input: { readonly name: string } }
>(`
  mutation DeletePipeline($input: DeletePipelineInput!) {
    answer: deletePipeline(input: $input) { ... on PipelineDeleted { name position visible } ${REFUSAL} }
  }`);

export interface ValidationFinding {
  readonly path: string;
  readonly message: string;
  readonly code: string | null;
}

export const VALIDATE_PIPELINE = operation<
  {
    readonly validatePipeline: {
      readonly valid: boolean;
      readonly violations: readonly ValidationFinding[];
      readonly notices: readonly ValidationFinding[];
    };
  },
  { readonly text: string }
>(`
  query ValidatePipeline($text: String!) {
    validatePipeline(text: $text) {
      valid
      violations { path message code }
      notices { path message code }
    }
  }`);

export interface PipelineDefinition {
  readonly name: string;
  readonly version: number;
  readonly definition: unknown;
}

export const PIPELINE_DEFINITION = operation<
  { readonly pipeline: PipelineDefinition | null },
  { readonly name: string }
>(`
  query PipelineDefinition($name: String!) { pipeline(name: $name) { name version definition } }`);

export const PIPELINE_VERSION = operation<
  { readonly pipeline: { readonly atVersion: Omit<PipelineDefinition, 'name'> | null } | null },
  { readonly name: string; readonly version: number }
>(`
  query PipelineVersion($name: String!, $version: Int!) {
    pipeline(name: $name) { atVersion(version: $version) { version definition } }
  }`);

export interface PipelineRow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly updatedAt: string;
  readonly deletedAt: string | null;
  readonly latestExecution: {
    readonly id: string;
    readonly ordinal: number;
    readonly status: ExecutionStatus;
    readonly startedAt: string;
  } | null;
}
const PIPELINE_ROW = 'id name version updatedAt deletedAt latestExecution { id ordinal status startedAt }';

export const PIPELINES = operation<
  { readonly pipelines: Page<PipelineRow> },
  {
    readonly first: number;
    readonly after?: string | undefined;
    readonly search?: string | undefined;
    readonly deleted: boolean;
  }
>(`
  query Pipelines($first: Int, $after: String, $search: String, $deleted: Boolean) {
    pipelines(first: $first, after: $after, search: $search, deleted: $deleted) { nodes { ${PIPELINE_ROW} } ${PAGE_INFO} }
  }`);

/** A pipeline as it is now: what is where, and why. */
export interface PipelineView extends PipelineRow {
  readonly executionMode: string;
  readonly updatedBy: Actor;
  readonly stages: readonly StageNow[];
  readonly sources: readonly {
    readonly actionName: string;
    readonly healthy: boolean;
    readonly error: ActionError | null;
    readonly revision: RevisionInfo | null;
    readonly seenAt: string | null;
  }[];
}

export interface StageNow {
  readonly name: string;
  readonly transition: { readonly enabled: boolean; readonly reason: string | null; readonly changedBy: Actor | null };
  readonly inbound: readonly {
    readonly executionId: string;
    readonly ordinal: number | null;
    readonly explanation: string;
  }[];
  readonly latestExecution: {
    readonly executionId: string;
    readonly ordinal: number | null;
    readonly status: StageStatus;
    readonly statusSince: string;
    readonly retries: number;
  } | null;
  readonly actions: readonly {
    readonly name: string;
    readonly actionTypeId: ActionTypeId;
    readonly latestExecution: {
      readonly actionExecutionId: string;
      readonly status: ActionStatus;
      readonly statusSince: string;
      readonly summary: string | null;
      readonly error: ActionError | null;
      readonly work: string | null;
      readonly waiting: { readonly explanation: string } | null;
      readonly token: string | null;
    } | null;
    readonly currentRevision: RevisionInfo | null;
  }[];
}

const PIPELINE_VIEW = `
  ${PIPELINE_ROW} executionMode
  updatedBy { ${ACTOR} }
  stages {
    name
    transition { enabled reason changedBy { ${ACTOR} } }
    inbound { executionId ordinal explanation }
    latestExecution { executionId ordinal status statusSince retries }
    actions {
      name
      actionTypeId { category owner provider version }
      latestExecution { actionExecutionId status statusSince summary error { code message } work waiting { explanation } token }
      currentRevision { ${REVISION} }
    }
  }
  sources { actionName healthy error { code message } revision { ${REVISION} } seenAt }
`;

export const PIPELINE = operation<{ readonly pipeline: PipelineView | null }, { readonly name: string }>(`
  query Pipeline($name: String!) { pipeline(name: $name) { ${PIPELINE_VIEW} } }`);

export const PIPELINE_CHANGED = operation<{ readonly pipelineChanged: PipelineRow | null }, { readonly name: string }>(`
  subscription PipelineChanged($name: String!) { pipelineChanged(name: $name) { ${PIPELINE_ROW} } }`);
