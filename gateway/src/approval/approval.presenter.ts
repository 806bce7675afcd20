import { toActor } from '../views/actor.presenter.js';
import type { StoredView } from '../views/connection.js';
import type { Accepted, Settled } from '../views/mutations.js';
import type { ApprovalDocument } from './approval.document.js';

export function toApproval({ document, position }: Pick<StoredView<ApprovalDocument>, 'document' | 'position'>) {
  const { actionExecutionId, executionId, pipelineName, stage, action, status, statusSince, answer } = document;
  const { customData, externalEntityLink, summaryRequired, requestedAt, expiresAt, withdrawnReason } = document;
  return {
    id: actionExecutionId,
    token: status === 'Pending' ? actionExecutionId : null,
    ...{ status, statusSince, pipelineName, executionId, stage, action },
    ...{ customData, externalEntityLink, summaryRequired, requestedAt, expiresAt },
    answer: answer && { result: answer.result, summary: answer.summary, by: toActor(answer.by), at: answer.at },
    withdrawnReason,
    position,
  };
}

export function toApprovalRefusal({ code, message }: Extract<Settled, { accepted: false }>) {
  return { __typename: 'ApprovalRefused' as const, code, message };
}

export function toVoteAccepted(
  { position, visible }: Pick<Accepted, 'position' | 'visible'>,
  approval: StoredView<ApprovalDocument> | undefined,
) {
  return { __typename: 'VoteAccepted' as const, approval: approval && toApproval(approval), position, visible };
}
