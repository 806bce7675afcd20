import type { Actor } from '@millrace/decider';
import { eventTypes } from '../event.js';

/** Facts of one approval. Stream: `approval-<project>/<actionExecutionId>`. A released shape is never edited. */
export type ApprovalEvent =
  | { readonly type: 'ApprovalRequested'; readonly data: ApprovalTerms }
  | { readonly type: 'VoteCast'; readonly data: Vote }
  | { readonly type: 'ApprovalGranted'; readonly data: ApprovalAnswer }
  | { readonly type: 'ApprovalDenied'; readonly data: ApprovalAnswer }
  | { readonly type: 'ApprovalLapsed'; readonly data: ApprovalRef & { readonly expiredAt: string } }
  | { readonly type: 'ApprovalWithdrawn'; readonly data: ApprovalRef & { readonly reason: string } };

export interface ApprovalRef {
  /** Also the token: good once and for this attempt only. */
  readonly actionExecutionId: string;
  readonly executionId: string;
  readonly pipelineName: string;
  readonly stage: string;
  readonly action: string;
}

export interface ApprovalTerms extends ApprovalRef {
  readonly customData?: string;
  readonly externalEntityLink?: string;
  readonly summaryRequired: boolean;
  /** ISO 8601; at this very instant the approval has lapsed. */
  readonly expiresAt: string;
}

export interface Vote {
  readonly result: 'Approved' | 'Rejected';
  /** 0 to 512 characters. */
  readonly summary: string;
  readonly voter: Actor;
  readonly castAt: string;
}

export interface ApprovalAnswer extends ApprovalRef {
  /** Never empty: `Approved by <name>` where the voter said nothing. */
  readonly summary: string;
  readonly by: Actor;
  readonly answeredAt: string;
}

export const approvalEventTypes = eventTypes<ApprovalEvent['type']>('approval', {
  ApprovalRequested: 1,
  VoteCast: 1,
  ApprovalGranted: 1,
  ApprovalDenied: 1,
  ApprovalLapsed: 1,
  ApprovalWithdrawn: 1,
});
