import { eventTypes } from '../event.js';
import type { RetryMode, SourceRevision, StageOutcome, StageOutline, Trigger, Variable } from './values.js';

/** Facts about who may enter which stage. Stream: `traffic-<project>/<pipelineId>`. A released shape is never edited. */
export type TrafficEvent =
  | { readonly type: 'ExecutionAdmitted'; readonly data: ExecutionAdmitted }
  | { readonly type: 'StageEntered'; readonly data: StageEntered }
  | { readonly type: 'StageAwaited'; readonly data: StageAwaited }
  | { readonly type: 'StageLeft'; readonly data: StageLeft }
  | { readonly type: 'ExecutionWithdrawn'; readonly data: StageLeft }
  | { readonly type: 'ExecutionSuperseded'; readonly data: StagePassage & { readonly by: string } }
  | { readonly type: 'ExecutionOutdated'; readonly data: ExecutionOutdated }
  | { readonly type: 'RetryAdmitted'; readonly data: StagePassage & { readonly mode: RetryMode } }
  | { readonly type: 'TransitionDisabled'; readonly data: TransitionDisabled }
  | { readonly type: 'TransitionEnabled'; readonly data: { readonly stage: string } };

export interface ExecutionAdmitted {
  readonly executionId: string;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  readonly trigger: Trigger;
  readonly variables: readonly Variable[];
  /** Declared without default and not supplied: the execution fails at once and enters nothing. */
  readonly missingVariables: readonly string[];
  readonly sourceRevisions: readonly SourceRevision[];
  readonly stages: readonly StageOutline[];
  /** Order of the starts of this pipeline, from 1. */
  readonly ordinal: number;
}

export interface StagePassage {
  readonly executionId: string;
  readonly stage: string;
}

export interface StageEntered extends StagePassage {
  readonly pipelineName: string;
  /** The version that the execution was admitted with. */
  readonly pipelineVersion: number;
}

export interface StageAwaited extends StagePassage {
  /**
   * `locked`: another execution is inside; `transition-disabled`; `transition-expired`: the transition was disabled for more than 30 days,
   * so that enabling it does not let this one in (codepipeline-semantics, section 4).
   */
  readonly cause: 'locked' | 'transition-disabled' | 'transition-expired';
  /** Who is inside, where the cause is `locked`. */
  readonly behind?: string;
}

export interface TransitionDisabled {
  readonly stage: string;
  readonly reason: string;
  /** When it was first disabled; a new reason does not move it. ISO 8601. */
  readonly at: string;
}

export interface StageLeft extends StagePassage {
  readonly outcome: StageOutcome;
}

export interface ExecutionOutdated {
  readonly executionId: string;
  /** Where it waits or is inside; absent between nowhere and nowhere. */
  readonly stage?: string;
  readonly waiting: boolean;
  readonly reason: string;
}

export const trafficEventTypes = eventTypes<TrafficEvent['type']>('execution', {
  ExecutionAdmitted: 1,
  StageEntered: 1,
  StageAwaited: 1,
  StageLeft: 1,
  ExecutionWithdrawn: 1,
  ExecutionSuperseded: 1,
  ExecutionOutdated: 1,
  RetryAdmitted: 1,
  TransitionDisabled: 1,
  TransitionEnabled: 1,
});
