import { operation, PAGE_INFO, type ChangeAnswer, type Page, type RefusedAnswer } from './operation.js';
import {
  EXECUTION_ROW,
  EXECUTION_VIEW,
  LOG_CHUNK,
  type ExecutionRow,
  type ExecutionStatus,
  type ExecutionView,
  type LogChunk,
} from './values.js';

type Answer<Accepted> = { readonly answer: Accepted | RefusedAnswer };
const REFUSAL = '... on Refusal { code message }';

export interface ExecutionChange extends ChangeAnswer {
  readonly executionId: string;
  readonly execution: Pick<ExecutionRow, 'ordinal' | 'status' | 'pipelineName'> | null;
}
const EXECUTION_CHANGE = `... on ExecutionChange { executionId position visible execution { ordinal status pipelineName } }`;

export interface StartExecutionInput {
  readonly pipeline: string;
  readonly variables?: readonly { readonly name: string; readonly value: string }[];
  readonly sourceRevisions?: readonly { readonly actionName: string; readonly revisionValue: string }[];
}

export const START_EXECUTION = operation<Answer<ExecutionChange>, { input: StartExecutionInput }>(`
  mutation StartExecution($input: StartExecutionInput!) {
    answer: startExecution(input: $input) { ${EXECUTION_CHANGE} ${REFUSAL} }
  }`);

export const STOP_EXECUTION = operation<
  Answer<ExecutionChange>,
  { input: { readonly executionId: string; readonly abandon: boolean; readonly reason?: string } }
>(`
  mutation StopExecution($input: StopExecutionInput!) {
    answer: stopExecution(input: $input) { ${EXECUTION_CHANGE} ${REFUSAL} }
  }`);

export type RetryMode = 'FAILED_ACTIONS' | 'ALL_ACTIONS';

export const RETRY_STAGE = operation<
  Answer<ExecutionChange>,
  {
    input: {
      readonly pipeline: string;
      readonly executionId: string;
      readonly stage: string;
      readonly mode: RetryMode;
    };
  }
>(`
  mutation RetryStage($input: RetryStageInput!) {
    answer: retryStage(input: $input) { ${EXECUTION_CHANGE} ${REFUSAL} }
  }`);

export interface TransitionChange extends ChangeAnswer {
  readonly pipelineName: string;
}
export type TransitionType = 'Inbound' | 'Outbound';
interface TransitionInput {
  readonly pipeline: string;
  readonly stage: string;
  readonly transitionType: TransitionType;
}
const TRANSITION_CHANGE = '... on TransitionChange { pipelineName position visible }';

export const ENABLE_TRANSITION = operation<Answer<TransitionChange>, { input: TransitionInput }>(`
  mutation EnableTransition($input: EnableTransitionInput!) {
    answer: enableTransition(input: $input) { ${TRANSITION_CHANGE} ${REFUSAL} }
  }`);

export const DISABLE_TRANSITION = operation<
  Answer<TransitionChange>,
  { input: TransitionInput & { readonly reason: string } }
>(`
  mutation DisableTransition($input: DisableTransitionInput!) {
    answer: disableTransition(input: $input) { ${TRANSITION_CHANGE} ${REFUSAL} }
  }`);

export const LOOK_AT_SOURCE = operation<
  Answer<ChangeAnswer & { readonly pipelineName: string }>,
  { input: { readonly pipeline: string; readonly actionName?: string } }
>(`
  mutation LookAtSource($input: LookAtSourceInput!) {
    answer: lookAtSource(input: $input) { ... on LookRequested { pipelineName } ${REFUSAL} }
  }`);

export const EXECUTION = operation<{ readonly execution: ExecutionView | null }, { readonly id: string }>(`
  query Execution($id: ID!) { execution(id: $id) { ${EXECUTION_VIEW} } }`);

export interface ExecutionsVariables {
  readonly pipeline?: string | undefined;
  readonly status?: ExecutionStatus | undefined;
  readonly first: number;
  readonly after?: string | undefined;
}

export const EXECUTIONS = operation<{ readonly executions: Page<ExecutionRow> }, ExecutionsVariables>(`
  query Executions($pipeline: String, $status: ExecutionStatus, $first: Int, $after: String) {
    executions(pipeline: $pipeline, status: $status, first: $first, after: $after) {
      nodes { ${EXECUTION_ROW} } ${PAGE_INFO}
    }
  }`);

export const EXECUTION_CHANGED = operation<
  { readonly executionChanged: ExecutionView | null },
  { readonly id: string }
>(`
  subscription ExecutionChanged($id: ID!) { executionChanged(id: $id) { ${EXECUTION_VIEW} } }`);

export interface LogVariables {
  readonly executionId: string;
  readonly actionExecutionId: string;
  readonly offset: number;
}

export const LOG = operation<{ readonly log: LogChunk | null }, LogVariables & { readonly limit: number }>(`
  query Log($executionId: ID!, $actionExecutionId: ID!, $offset: Long, $limit: Int) {
    log(executionId: $executionId, actionExecutionId: $actionExecutionId, offset: $offset, limit: $limit) { ${LOG_CHUNK} }
  }`);

export const LOG_APPENDED = operation<{ readonly logAppended: LogChunk }, LogVariables>(`
  subscription LogAppended($executionId: ID!, $actionExecutionId: ID!, $offset: Long) {
    logAppended(executionId: $executionId, actionExecutionId: $actionExecutionId, offset: $offset) { ${LOG_CHUNK} }
  }`);
