import type { ApprovalCommand, ApprovalEvent, ApprovalRef, ApprovalTerms } from '@millrace/contracts/approval';
import type { Actor } from '@millrace/decider';

export const NOON = '2026-11-24T12:00:00.000Z';
export const BEFORE_NOON = '2026-11-24T11:59:59.999Z';
export const MORNING = '2026-11-24T08:00:00.000Z';

export const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
export const SERVICE: Actor = { kind: 'service', id: 'approval', name: 'approval', issuer: 'millrace' };

export const REF: ApprovalRef = {
  actionExecutionId: 'a1',
  executionId: 'e1',
  pipelineName: 'shop',
  stage: 'Approve',
  action: 'Gate',
};

export const TERMS: ApprovalTerms = { ...REF, summaryRequired: false, expiresAt: NOON };

export const requestApproval = (terms: Partial<ApprovalTerms> = {}): ApprovalCommand => ({
  type: 'RequestApproval',
  data: { ...TERMS, ...terms },
  at: MORNING,
  by: SERVICE,
});

export const approvalRequested = (terms: Partial<ApprovalTerms> = {}): ApprovalEvent => ({
  type: 'ApprovalRequested',
  data: { ...TERMS, ...terms },
});

export const vote = (result: 'Approved' | 'Rejected', summary = '', at = MORNING): ApprovalCommand => ({
  type: 'CastVote',
  data: { actionExecutionId: 'a1', result, summary },
  at,
  by: ADA,
});

export const lapse = (at = NOON): ApprovalCommand => ({
  type: 'LapseApproval',
  data: { actionExecutionId: 'a1' },
  at,
  by: SERVICE,
});

export const withdraw = (reason = 'The pipeline shop has been updated', at = MORNING): ApprovalCommand => ({
  type: 'WithdrawApproval',
  data: { actionExecutionId: 'a1', reason },
  at,
  by: SERVICE,
});
