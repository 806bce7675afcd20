import type { ActionError, ActionStatus, ExecutionStatus, StageStatus } from '../platform/values.js';

/** What a watcher is told, in the order of its happening. Also the lines of `--json`: names and shapes are stable. */
export type WatchItem =
  | ExecutionItem
  | StageItem
  | ActionItem
  | LogItem
  | LogCutItem
  | ApprovalItem
  | {
      readonly type: 'waiting';
      readonly at: string;
      readonly stage: string;
      /** Null where the execution waits before the stage. */
      readonly action: string | null;
      readonly cause: string;
      readonly explanation: string;
    };

export interface ExecutionItem {
  readonly type: 'execution';
  readonly at: string;
  readonly executionId: string;
  readonly pipeline: string;
  readonly pipelineVersion: number;
  readonly ordinal: number;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  /** True where it was over, and goes on by a retry. */
  readonly resumed: boolean;
  readonly trigger: { readonly type: string; readonly detail: string };
  readonly startedBy: string;
  /** What there is to say beside the status. */
  readonly summary: string | null;
  readonly durationMs: number | null;
}

export interface StageItem {
  readonly type: 'stage';
  readonly at: string;
  readonly stage: string;
  /** From 1. */
  readonly number: number;
  readonly stages: number;
  readonly status: StageStatus;
  readonly retries: number;
  readonly durationMs: number | null;
}

export interface ActionItem {
  readonly type: 'action';
  readonly at: string;
  readonly stage: string;
  readonly action: string;
  readonly provider: string;
  readonly actionExecutionId: string;
  readonly attempt: number;
  readonly status: ActionStatus;
  readonly summary: string | null;
  readonly error: ActionError | null;
  readonly updatedBy: string | null;
  readonly externalExecutionId: string | null;
  readonly durationMs: number | null;
  /** Whether a person answers it; it has no output then. */
  readonly isApproval: boolean;
  /** Of output so far. */
  readonly logBytes: number;
  /** Whether it was over before anybody watched. */
  readonly past: boolean;
}

/** Somebody is asked. */
export interface ApprovalItem {
  readonly type: 'approval';
  readonly at: string;
  readonly stage: string;
  readonly action: string;
  readonly token: string;
  readonly customData: string | null;
  readonly externalEntityLink: string | null;
  readonly summaryRequired: boolean;
  readonly expiresAt: string;
}

export interface LogItem {
  readonly type: 'log';
  readonly stage: string;
  readonly action: string;
  readonly actionExecutionId: string;
  readonly attempt: number;
  readonly line: string;
}

/** Output that is not shown: how to read it. */
export interface LogCutItem {
  readonly type: 'logCut';
  readonly stage: string;
  readonly action: string;
  readonly actionExecutionId: string;
  readonly bytes: number;
}
