import type { Actor } from '@millrace/decider';
import type {
  ActionError,
  ActionStarted,
  ActionStatus,
  ActionTypeRef,
  ArtifactRef,
  CommitRecord,
  ExecutionStatus,
  RevisionInfo,
  StageAwaited,
  StageStatus,
  Trigger,
  Variable,
} from '@millrace/contracts/execution';

/** One execution with everything that it did. Folded from traffic, execution and artifact events. */
export interface ExecutionDocument {
  readonly project: string;
  readonly executionId: string;
  readonly pipelineId: string;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  readonly ordinal: number;
  readonly status: ExecutionStatus;
  readonly statusSince: string;
  readonly summary?: string;
  readonly trigger: Trigger;
  readonly startedBy: Actor;
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** The event that started it, where there was one: a revision that was seen. */
  readonly causedBy?: string;
  readonly variables: readonly Variable[];
  readonly revisions: readonly ExecutionRevisionDocument[];
  readonly stages: readonly StageExecutionDocument[];
  readonly waiting?: WaitingDocument;
  readonly supersededBy?: string;
  readonly stop?: { readonly abandon: boolean; readonly reason?: string; readonly by: Actor; readonly at: string };
}

export interface ExecutionRevisionDocument {
  readonly actionName: string;
  readonly revision: RevisionInfo;
}

export interface WaitingDocument {
  readonly stage: string;
  readonly cause: StageAwaited['cause'];
  readonly behind?: string;
  readonly since: string;
}

export interface StageExecutionDocument {
  readonly name: string;
  readonly status?: StageStatus;
  readonly statusSince?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly retries: number;
  readonly actions: readonly ActionOfExecutionDocument[];
}

export interface ActionOfExecutionDocument {
  readonly name: string;
  readonly actionTypeId: ActionTypeRef;
  readonly runOrder: number;
  readonly attempts: readonly AttemptDocument[];
}

export interface AttemptDocument {
  readonly actionExecutionId: string;
  readonly attempt: number;
  readonly status: ActionStatus;
  readonly statusSince: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly dueAt: string;
  readonly work: ActionStarted['work'];
  readonly configuration: Readonly<Record<string, string>>;
  readonly inputArtifacts: readonly ArtifactRef[];
  readonly jobs: readonly JobDocument[];
  readonly summary?: string;
  readonly error?: ActionError;
  readonly outputVariables?: Readonly<Record<string, string>>;
  readonly outputArtifacts?: readonly ArtifactRef[];
  readonly revision?: RevisionInfo;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly updatedBy?: string;
  /** Once it is closed. */
  readonly log?: {
    readonly bytes: number;
    readonly sha256: string;
    readonly dropped: number;
    readonly expiredAt?: string;
  };
}

export type JobDocumentStatus = 'Offered' | 'Leased' | 'Succeeded' | 'Failed' | 'Returned' | 'Lost' | 'Revoked';

export interface JobDocument {
  readonly jobId: string;
  readonly attempt: number;
  readonly status: JobDocumentStatus;
  readonly labels: readonly string[];
  readonly runnerId?: string;
  readonly offeredAt: string;
  readonly leasedAt?: string;
  readonly endedAt?: string;
  readonly reason?: string;
}

/** A revision as a look saw it; keyed by the event, so that a revision that comes back has its own commits each time. */
export interface SeenRevisionDocument {
  readonly project: string;
  readonly pipelineId: string;
  readonly actionName: string;
  readonly revisionId: string;
  readonly seenAt: string;
  readonly commits: readonly CommitRecord[];
}
