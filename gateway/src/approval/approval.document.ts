import type { Actor } from '@millrace/decider';

export type ApprovalStatus = 'Pending' | 'Approved' | 'Rejected' | 'Lapsed' | 'Withdrawn';

/** One approval, for ever. */
export interface ApprovalDocument {
  readonly project: string;
  readonly actionExecutionId: string;
  readonly executionId: string;
  readonly pipelineId?: string;
  readonly pipelineName: string;
  readonly stage: string;
  readonly action: string;
  readonly status: ApprovalStatus;
  readonly statusSince: string;
  readonly customData?: string;
  readonly externalEntityLink?: string;
  readonly summaryRequired: boolean;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly answer?: {
    readonly result: 'Approved' | 'Rejected';
    readonly summary: string;
    readonly by: Actor;
    readonly at: string;
  };
  readonly withdrawnReason?: string;
}
