import type { Command } from '@millrace/decider';
import type { RetryMode, SourceRevision, StageOutcome, StageOutline, Trigger, Variable } from './values.js';

/**
 * Decided by the stream `traffic-<project>/<pipelineId>`. Target of the message bus: `traffic`. `DefinitionFacts` are added by the
 * service, which reads the definition at the head of the pipeline's stream (docs/decisions/0010).
 */
export type TrafficCommand =
  | Command<'StartExecution', StartExecution & { readonly executionId: string; readonly definition: DefinitionFacts }>
  /** Without a stage: gives up a waiting place, if it has one. */
  | Command<'LeaveStage', { readonly executionId: string; readonly stage?: string; readonly outcome: StageOutcome }>
  | Command<'RetryStage', RetryStage & { readonly definition: DefinitionFacts }>
  | Command<'DisableTransition', TransitionChange & { readonly reason: string; readonly definition: DefinitionFacts }>
  | Command<'EnableTransition', TransitionChange & { readonly definition: DefinitionFacts }>
  /** Sent when the definition was changed or deleted: cancels what was admitted with an older version. */
  | Command<'CancelOutdated', { readonly version: number; readonly deleted: boolean }>;

/** What a caller of the bus sends. */
export interface StartExecution {
  readonly pipelineName: string;
  /** Given by policies: refused as outdated if the name now belongs to another creation. */
  readonly pipelineId?: string;
  readonly clientToken: string;
  readonly trigger: Trigger;
  readonly variables: readonly Variable[];
  readonly sourceRevisions: readonly SourceRevision[];
}

export interface RetryStage {
  readonly pipelineName: string;
  readonly executionId: string;
  readonly stage: string;
  readonly mode: RetryMode;
}

export interface TransitionChange {
  readonly pipelineName: string;
  readonly stage: string;
  readonly transitionType: 'Inbound' | 'Outbound';
}

/** What traffic must know of a definition. */
export interface DefinitionFacts {
  readonly pipelineId: string;
  readonly pipelineName: string;
  readonly version: number;
  readonly stages: readonly StageOutline[];
  readonly variables: readonly { readonly name: string; readonly defaultValue?: string }[];
}

export type TrafficRefusal =
  | 'PIPELINE_NOT_FOUND'
  | 'STAGE_NOT_FOUND'
  | 'EXECUTION_NOT_FOUND'
  | 'INVALID_VARIABLES'
  | 'INVALID_SOURCE_REVISION'
  | 'NO_NEXT_STAGE'
  | 'STAGE_NOT_RETRYABLE'
  | 'NOT_LATEST_EXECUTION'
  | 'CONFLICT'
  | 'NOT_INSIDE';
