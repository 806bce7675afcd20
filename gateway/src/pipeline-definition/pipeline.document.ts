import type { Actor } from '@millrace/decider';
import type {
  ActionError,
  ActionStatus,
  ActionTypeRef,
  ExecutionStatus,
  RevisionInfo,
  StageAwaited,
  StageStatus,
} from '@millrace/contracts/execution';
import type { PipelineDeclaration, Tag } from '@millrace/contracts/pipeline-definition';

/** A pipeline and what is going on in it now. Without its declaration, which stands in the versions: this one is rewritten all the time. */
export interface PipelineDocument {
  readonly project: string;
  readonly pipelineId: string;
  readonly name: string;
  /** The name while the pipeline is there: the index of those that are. */
  readonly listedName?: string;
  readonly deletedAt?: string;
  readonly version: number;
  readonly executionMode: string;
  readonly createdAt: string;
  readonly createdBy: Actor;
  readonly updatedAt: string;
  readonly updatedBy: Actor;
  readonly tags: readonly Tag[];
  readonly stages: readonly StageDocument[];
  readonly sources: readonly SourceDocument[];
  /** What runs or waits; few, since newer ones supersede older ones. */
  readonly active: readonly ExecutionSummary[];
  readonly latestExecution?: ExecutionSummary;
}

export interface ExecutionSummary {
  readonly executionId: string;
  readonly ordinal: number;
  readonly pipelineVersion: number;
  readonly status: ExecutionStatus;
  readonly statusSince: string;
  readonly startedAt: string;
}

export interface StageDocument {
  readonly name: string;
  readonly transition: TransitionDocument;
  readonly inbound: readonly InboundDocument[];
  readonly latest?: StageRunDocument;
  readonly actions: readonly ActionDocument[];
}

export interface TransitionDocument {
  readonly enabled: boolean;
  readonly reason?: string;
  readonly changedBy?: Actor;
  readonly changedAt?: string;
}

export interface InboundDocument {
  readonly executionId: string;
  readonly ordinal?: number;
  readonly status: ExecutionStatus;
  readonly cause: StageAwaited['cause'];
  readonly behind?: string;
  readonly since: string;
}

export interface StageRunDocument {
  readonly executionId: string;
  readonly ordinal?: number;
  readonly pipelineVersion?: number;
  readonly status: StageStatus;
  readonly statusSince: string;
  readonly enteredAt: string;
  readonly retries: number;
}

export interface ActionDocument {
  readonly name: string;
  readonly actionTypeId: ActionTypeRef;
  readonly runOrder: number;
  readonly entityUrl?: string;
  readonly currentRevision?: RevisionInfo;
  readonly latest?: ActionRunDocument;
}

export interface ActionRunDocument {
  readonly actionExecutionId: string;
  readonly attempt: number;
  readonly status: ActionStatus;
  readonly statusSince: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly dueAt: string;
  /** Absent for an approval. */
  readonly work?: 'QUEUED' | 'RUNNING' | 'ENDED';
  readonly runnerId?: string;
  readonly summary?: string;
  readonly error?: ActionError;
  readonly updatedBy?: string;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  /** Of an approval, while it is pending. */
  readonly token?: string;
}

export interface SourceDocument {
  readonly stageName: string;
  readonly actionName: string;
  readonly healthy: boolean;
  readonly healthSince?: string;
  readonly error?: ActionError;
  readonly revision?: RevisionInfo;
  readonly seenAt?: string;
}

export interface PipelineVersionDocument {
  readonly project: string;
  readonly pipelineId: string;
  readonly version: number;
  readonly declaration: PipelineDeclaration;
  readonly createdAt: string;
  readonly createdBy: Actor;
}
