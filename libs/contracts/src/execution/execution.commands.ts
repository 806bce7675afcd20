import type { Command } from '@millrace/decider';
import type { ExecutionStarted } from './execution.events.js';
import type { ActionError, ArtifactRef, PlannedAction, RetryMode, RevisionInfo } from './values.js';

/** Decided by the stream `execution-<project>/<executionId>`. Target of the message bus: `execution`. Each names its execution. */
export type ExecutionCommand =
  | Command<'BeginExecution', ExecutionStarted & { readonly missingVariables: readonly string[] }>
  | Command<'EnterStage', { readonly stage: string; readonly actions: readonly PlannedAction[] }>
  | Command<'RetryStage', { readonly stage: string; readonly mode: RetryMode }>
  | Command<
      'LeaseJob',
      { readonly jobId: string; readonly leaseId: string; readonly runnerId: string; readonly nonceHash: string }
    >
  | Command<'ReportJob', JobReport>
  /** The lease has lapsed: nothing was heard of the runner for a whole term. */
  | Command<'LoseJob', { readonly jobId: string; readonly runnerId: string }>
  /** The runner says that nothing of a revoked job runs any more. */
  | Command<'ConfirmJobEnd', { readonly jobId: string; readonly nonceHash: string }>
  | Command<'CompleteAction', ActionCompletion>
  /** A deadline fired; decided again by comparing `dueAt` with the command's time. */
  | Command<'ExpireAction', { readonly actionExecutionId: string }>
  | Command<'StopExecution', { readonly abandon: boolean; readonly reason?: string }>
  | Command<'CancelExecution', { readonly reason: string }>
  | Command<'SupersedeExecution', { readonly by: string }>;

export interface JobReport {
  readonly jobId: string;
  readonly nonceHash: string;
  readonly result:
    | {
        readonly status: 'succeeded';
        readonly summary?: string;
        readonly externalExecutionId?: string;
        readonly externalExecutionUrl?: string;
        readonly outputVariables?: Readonly<Record<string, string>>;
        readonly outputArtifacts?: readonly ArtifactRef[];
        readonly revision?: RevisionInfo;
      }
    | {
        readonly status: 'failed';
        readonly error: ActionError;
        readonly summary?: string;
        readonly externalExecutionId?: string;
        readonly outputVariables?: Readonly<Record<string, string>>;
      }
    | { readonly status: 'returned'; readonly reason: string };
}

/** What a person (or another service) answered instead of a runner. */
export interface ActionCompletion {
  readonly actionExecutionId: string;
  readonly status: 'Succeeded' | 'Failed';
  readonly summary?: string;
  readonly error?: ActionError;
  readonly updatedBy?: string;
}

export type ExecutionRefusal =
  | 'ALREADY_STARTED'
  | 'EXECUTION_NOT_FOUND'
  | 'NOT_STOPPABLE'
  | 'DUPLICATED_STOP'
  /** The job is not this attempt's any more: it was lost, answered, returned or revoked. */
  | 'STALE_ATTEMPT'
  | 'JOB_NOT_OFFERED'
  | 'JOB_NOT_FOUND'
  | 'ACTION_NOT_FOUND'
  /** Too early: the deadline has not come. */
  | 'NOT_DUE'
  | 'OUTPUT_VARIABLES_TOO_LARGE';
