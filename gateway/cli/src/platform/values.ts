/** The parts of the schema's types that commands read. The spec of the documents checks that the schema has them. */

export interface Actor {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
}

export interface Named {
  readonly name: string;
  readonly value: string;
}

export interface ActionTypeId {
  readonly category: string;
  readonly owner: string;
  readonly provider: string;
  readonly version: string;
}

export interface ActionError {
  readonly code: string;
  readonly message: string;
}

export interface RevisionInfo {
  readonly revisionId: string;
  readonly summary: string | null;
  readonly url: string | null;
}

export type ExecutionStatus =
  'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Superseded' | 'Failed' | 'Cancelled';
export type StageStatus = 'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Skipped';
export type ActionStatus = 'InProgress' | 'Abandoned' | 'Succeeded' | 'Failed';

export function isOver(status: ExecutionStatus): boolean {
  return status !== 'InProgress' && status !== 'Stopping';
}

export const ACTOR = 'kind id name';
export const REVISION = 'revisionId summary url';

/** An execution in a list. */
export interface ExecutionRow {
  readonly id: string;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  readonly ordinal: number;
  readonly status: ExecutionStatus;
  readonly statusSince: string;
  readonly summary: string | null;
  readonly trigger: { readonly type: string; readonly detail: string };
  readonly startedBy: Actor;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly sourceRevisions: readonly { readonly actionName: string; readonly revision: RevisionInfo }[];
  readonly waiting: WaitingState | null;
  readonly supersededBy: string | null;
}

export interface WaitingState {
  readonly stage: string;
  readonly cause: string;
  readonly explanation: string;
  readonly since: string;
}

export const EXECUTION_ROW = `
  id pipelineName pipelineVersion ordinal status statusSince summary
  trigger { type detail }
  startedBy { ${ACTOR} }
  startedAt finishedAt
  sourceRevisions { actionName revision { ${REVISION} } }
  waiting { stage cause explanation since }
  supersededBy
`;

/** An execution whole, as it is watched. */
export interface ExecutionView extends ExecutionRow {
  readonly variables: readonly Named[];
  readonly stages: readonly StageView[];
  readonly stop: {
    readonly abandon: boolean;
    readonly reason: string | null;
    readonly by: Actor;
    readonly at: string;
  } | null;
  readonly position: string;
}

export interface StageView {
  readonly name: string;
  readonly status: StageStatus | null;
  readonly statusSince: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly retries: number;
  readonly actions: readonly ActionView[];
}

export interface ActionView {
  readonly name: string;
  readonly actionTypeId: ActionTypeId;
  readonly runOrder: number;
  readonly status: ActionStatus | null;
  readonly attempts: readonly AttemptView[];
}

export interface AttemptView {
  readonly id: string;
  readonly attempt: number;
  readonly status: ActionStatus;
  readonly statusSince: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly summary: string | null;
  readonly error: ActionError | null;
  readonly work: 'QUEUED' | 'RUNNING' | 'ENDED' | null;
  readonly waiting: { readonly cause: string; readonly explanation: string; readonly since: string } | null;
  readonly runnerId: string | null;
  readonly externalExecutionId: string | null;
  readonly externalExecutionUrl: string | null;
  readonly updatedBy: string | null;
  readonly jobs: readonly { readonly labels: readonly string[]; readonly attempt: number }[];
  readonly outputVariables: readonly Named[];
  readonly log: { readonly bytes: number; readonly closed: boolean; readonly dropped: number } | null;
  readonly approval: {
    readonly token: string | null;
    readonly customData: string | null;
    readonly externalEntityLink: string | null;
    readonly summaryRequired: boolean;
    readonly expiresAt: string;
  } | null;
}

export const EXECUTION_VIEW = `
  ${EXECUTION_ROW}
  variables { name value }
  stop { abandon reason by { ${ACTOR} } at }
  position
  stages {
    name status statusSince startedAt finishedAt retries
    actions {
      name runOrder status
      actionTypeId { category owner provider version }
      attempts {
        id attempt status statusSince startedAt finishedAt summary work runnerId
        waiting { cause explanation since }
        error { code message }
        externalExecutionId externalExecutionUrl updatedBy
        jobs { labels attempt }
        outputVariables { name value }
        log { bytes closed dropped }
        approval { token customData externalEntityLink summaryRequired expiresAt }
      }
    }
  }
`;

export interface LogChunk {
  readonly offset: number;
  readonly nextOffset: number;
  readonly text: string;
  readonly end: boolean;
}

export const LOG_CHUNK = 'offset nextOffset text end';
