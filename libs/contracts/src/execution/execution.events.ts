import { eventTypes } from '../event.js';
import type {
  ActionError,
  ActionStatus,
  ActionTypeRef,
  ArtifactRef,
  PlannedAction,
  RetryMode,
  RevisionInfo,
  SourceRevision,
  StageOutcome,
  StageOutline,
  StageStatus,
  ExecutionStatus,
  Trigger,
  Variable,
} from './values.js';

/** Facts of one execution. Stream: `execution-<project>/<executionId>`. A released shape is never edited. */
export type ExecutionEvent =
  | { readonly type: 'ExecutionStarted'; readonly data: ExecutionStarted }
  | { readonly type: 'StageStarted'; readonly data: StageStarted }
  | { readonly type: 'StageRetried'; readonly data: StageRetried }
  | { readonly type: 'ActionStarted'; readonly data: ActionStarted }
  | { readonly type: 'JobOffered'; readonly data: JobOffered }
  | { readonly type: 'JobLeased'; readonly data: JobLeased }
  | { readonly type: 'JobSucceeded'; readonly data: JobRef }
  | { readonly type: 'JobFailed'; readonly data: JobRef & { readonly error: ActionError } }
  | { readonly type: 'JobReturned'; readonly data: JobRef & { readonly reason: string } }
  | { readonly type: 'JobLost'; readonly data: JobRef & { readonly runnerId: string } }
  | { readonly type: 'JobRevoked'; readonly data: JobRef & { readonly reason: string } }
  | { readonly type: 'JobEnded'; readonly data: JobRef & { readonly how: 'confirmed' | 'lapsed' } }
  | { readonly type: 'ActionFinished'; readonly data: ActionFinished }
  | { readonly type: 'StageFinished'; readonly data: StageFinished }
  | { readonly type: 'StageVacated'; readonly data: StageVacated }
  | { readonly type: 'StopRequested'; readonly data: { readonly abandon: boolean; readonly reason?: string } }
  | { readonly type: 'CancellationRequested'; readonly data: { readonly reason: string } }
  | { readonly type: 'ExecutionFinished'; readonly data: ExecutionFinished };

export interface ExecutionStarted {
  readonly executionId: string;
  readonly pipelineId: string;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  readonly trigger: Trigger;
  /** Every declared variable with its bound value. */
  readonly variables: readonly Variable[];
  /** Source actions that must take this revision; others take their latest. */
  readonly sourceRevisions: readonly SourceRevision[];
  readonly stages: readonly StageOutline[];
  /** Order of the starts of this pipeline, from 1. "Newer" means larger. */
  readonly ordinal: number;
}

export interface StageStarted {
  readonly stage: string;
  /** The whole stage as this execution runs it; definitions are immutable, so the event owns its part. */
  readonly actions: readonly PlannedAction[];
}

export interface StageRetried {
  readonly stage: string;
  readonly mode: RetryMode;
  /** Manual retries of this stage in this execution, from 1. */
  readonly retry: number;
}

interface ActionRef {
  readonly stage: string;
  readonly action: string;
  /** New for every attempt; also the approval token. */
  readonly actionExecutionId: string;
}

export interface ActionStarted extends ActionRef {
  /** 1 for the first run in this execution. */
  readonly attempt: number;
  readonly actionTypeId: ActionTypeRef;
  readonly runOrder: number;
  readonly work: 'job' | 'approval';
  /** Variables are resolved. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly environmentVariables?: readonly { readonly name: string; readonly value: string; readonly type?: string }[];
  readonly inputArtifacts: readonly ArtifactRef[];
  /** When the action fails by itself if nothing else ends it, ISO 8601. */
  readonly dueAt: string;
}

export interface JobRef {
  readonly jobId: string;
  readonly actionExecutionId: string;
}

export interface JobOffered extends JobRef {
  /** 1 for the first offer of this action execution; grows when a job was handed back. */
  readonly attempt: number;
  readonly labels: readonly string[];
}

export interface JobLeased extends JobRef {
  /** The request that was answered; the same request gets the same job. */
  readonly leaseId: string;
  readonly runnerId: string;
  /** SHA-256 of the nonce that every report must carry, lower-case hex. */
  readonly nonceHash: string;
}

export interface ActionFinished extends ActionRef {
  readonly status: Exclude<ActionStatus, 'InProgress'>;
  readonly summary?: string;
  readonly error?: ActionError;
  readonly outputVariables?: Readonly<Record<string, string>>;
  readonly outputArtifacts?: readonly ArtifactRef[];
  readonly revision?: RevisionInfo;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  /** Who decided, where it was a person. */
  readonly updatedBy?: string;
}

export interface StageFinished {
  readonly stage: string;
  readonly status: Exclude<StageStatus, 'InProgress' | 'Stopping'>;
}

/** Nothing of this execution runs in the stage any more: traffic may let the next one in. */
export interface StageVacated {
  readonly stage: string;
  readonly outcome: StageOutcome;
}

export interface ExecutionFinished {
  readonly status: Exclude<ExecutionStatus, 'InProgress' | 'Stopping'>;
  readonly summary?: string;
  readonly supersededBy?: string;
}

export const executionEventTypes = eventTypes<ExecutionEvent['type']>('execution', {
  ExecutionStarted: 1,
  StageStarted: 1,
  StageRetried: 1,
  ActionStarted: 1,
  JobOffered: 1,
  JobLeased: 1,
  JobSucceeded: 1,
  JobFailed: 1,
  JobReturned: 1,
  JobLost: 1,
  JobRevoked: 1,
  JobEnded: 1,
  ActionFinished: 1,
  StageFinished: 1,
  StageVacated: 1,
  StopRequested: 1,
  CancellationRequested: 1,
  ExecutionFinished: 1,
});
