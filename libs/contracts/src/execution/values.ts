/** Words that the events of traffic, executions and sources share. Spelled as CodePipeline spells them. */

export type ExecutionStatus =
  'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Superseded' | 'Failed' | 'Cancelled';
export type StageStatus = 'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Skipped';
export type ActionStatus = 'InProgress' | 'Abandoned' | 'Succeeded' | 'Failed';
/** How an execution leaves a stage. */
export type StageOutcome = 'Succeeded' | 'Failed' | 'Stopped' | 'Cancelled';
export type RetryMode = 'FAILED_ACTIONS' | 'ALL_ACTIONS';

export type TriggerType =
  | 'CreatePipeline'
  | 'StartPipelineExecution'
  | 'PollForSourceChanges'
  | 'Webhook'
  | 'CloudWatchEvent'
  | 'PutActionRevision'
  | 'WebhookV2'
  | 'ManualRollback'
  | 'AutomatedRollback';

export interface Trigger {
  readonly type: TriggerType;
  /** Who or what: an actor's name, the source action's name, a webhook's name. */
  readonly detail: string;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** A revision that an execution takes for a source action, by a person's wish or because it was seen. */
export interface SourceRevision {
  readonly actionName: string;
  readonly revisionType: 'COMMIT_ID';
  readonly revisionValue: string;
}

export interface ActionTypeRef {
  readonly category: string;
  readonly owner: string;
  readonly provider: string;
  readonly version: string;
}

/** Enough of a definition to show stages that were not reached. */
export interface StageOutline {
  readonly name: string;
  readonly actions: readonly {
    readonly name: string;
    readonly runOrder: number;
    readonly actionTypeId: ActionTypeRef;
  }[];
}

/** An action as an execution runs it: the normalised declaration and what the action type adds. */
export interface PlannedAction {
  readonly name: string;
  readonly actionTypeId: ActionTypeRef;
  readonly runOrder: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  readonly environmentVariables?: readonly { readonly name: string; readonly value: string; readonly type?: string }[];
  readonly outputVariables?: readonly string[];
  readonly inputArtifacts: readonly { readonly name: string }[];
  readonly outputArtifacts: readonly { readonly name: string; readonly files?: readonly string[] }[];
  readonly namespace?: string;
  /** Of the whole action, from its start; for an approval the time to answer. */
  readonly timeoutMs: number;
  /** `job`: leased to a runner; `approval`: answered by a person. */
  readonly work: 'job' | 'approval';
  /** A runner must have them all. */
  readonly labels: readonly string[];
}

/** What the execution has stored under an artifact's name. */
export interface ArtifactRef {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The source revision that it holds; only what a source action has stored has one. */
  readonly revisionId?: string;
}

export interface RevisionInfo {
  readonly revisionId: string;
  readonly summary?: string;
  readonly url?: string;
  /** When the revision was made, ISO 8601. */
  readonly createdAt?: string;
  readonly author?: string;
}

export interface CommitRecord {
  readonly id: string;
  readonly summary: string;
  readonly author: string;
  readonly committedAt: string;
}

export interface ActionError {
  /** `JobFailed`, `ConfigurationError`, `PermissionError`, `RevisionUnavailable`, `SystemUnavailable`, `TimedOut`, `RunnerLost`, `RunnerStopped`. */
  readonly code: string;
  readonly message: string;
}
