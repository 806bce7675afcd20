import type { ApprovalAnswer, ApprovalTerms } from '@millrace/contracts/approval';
import type { RecordedEvent } from '@millrace/event-store';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { viewProjection } from '../views/view-projection.js';
import type { ApprovalDocument } from './approval.document.js';

export const APPROVALS = 'approvals';

/** The inbox, and everything that was ever asked and answered. */
export const approvalsProjection = viewProjection<ApprovalDocument>({
  name: 'approval.approvals.v1',
  collection: {
    name: APPROVALS,
    indexes: [
      { name: 'byStatus', fields: ['project', 'status', 'requestedAt'] },
      { name: 'byRequest', fields: ['project', 'requestedAt'] },
    ],
  },
  categories: ['approval'],
  // What a vote means stands in the answer that follows it.
  key: (event) =>
    event.type !== 'VoteCast' && 'actionExecutionId' in event.data ? event.data.actionExecutionId : undefined,
  fold,
});

function fold(
  approval: ApprovalDocument | undefined,
  event: KnownEvent,
  recorded: RecordedEvent,
): ApprovalDocument | undefined {
  if (event.type === 'ApprovalRequested') return requested(event.data, recorded);
  if (approval === undefined) return undefined;
  const statusSince = recorded.metadata.time;
  switch (event.type) {
    case 'ApprovalGranted':
      return answered(approval, 'Approved', event.data);
    case 'ApprovalDenied':
      return answered(approval, 'Rejected', event.data);
    case 'ApprovalLapsed':
      return { ...approval, status: 'Lapsed', statusSince };
    case 'ApprovalWithdrawn':
      return { ...approval, status: 'Withdrawn', statusSince, withdrawnReason: event.data.reason };
    default:
      return approval;
  }
}

function requested(terms: ApprovalTerms, { metadata }: RecordedEvent): ApprovalDocument {
  const { actionExecutionId, executionId, pipelineName, stage, action, customData, externalEntityLink } = terms;
  return {
    project: metadata.project,
    actionExecutionId,
    executionId,
    ...(metadata.pipelineId === undefined ? {} : { pipelineId: metadata.pipelineId }),
    pipelineName,
    stage,
    action,
    status: 'Pending',
    statusSince: metadata.time,
    ...(customData === undefined ? {} : { customData }),
    ...(externalEntityLink === undefined ? {} : { externalEntityLink }),
    summaryRequired: terms.summaryRequired,
    requestedAt: metadata.time,
    expiresAt: terms.expiresAt,
  };
}

function answered(
  approval: ApprovalDocument,
  result: 'Approved' | 'Rejected',
  { summary, by, answeredAt }: ApprovalAnswer,
): ApprovalDocument {
  return { ...approval, status: result, statusSince: answeredAt, answer: { result, summary, by, at: answeredAt } };
}
