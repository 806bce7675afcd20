import type { ApprovalEvent } from '@millrace/contracts/approval';
import { ADA, at, foldAll, recorded } from '../views/testing/log.js';
import type { ApprovalDocument } from './approval.document.js';
import { approvalsProjection } from './approvals.projection.js';

const ref = { actionExecutionId: 'A1', executionId: 'E1', pipelineName: 'shop', stage: 'Approve', action: 'Gate' };
const requested: ApprovalEvent = {
  type: 'ApprovalRequested',
  data: { ...ref, customData: 'Look at the cart.', summaryRequired: true, expiresAt: at(600) },
};

function after(...events: readonly ApprovalEvent[]): ApprovalDocument | undefined {
  const happenings = events.map((event) => ({ category: 'approval' as const, event }));
  return foldAll<ApprovalDocument>(approvalsProjection, recorded(happenings)).get('default/A1');
}

test('is pending once it was asked for', () => {
  expect(after(requested)).toMatchObject({
    status: 'Pending',
    statusSince: at(0),
    requestedAt: at(0),
    expiresAt: at(600),
    customData: 'Look at the cart.',
    summaryRequired: true,
  });
});

test.each([
  ['ApprovalGranted', 'Approved'],
  ['ApprovalDenied', 'Rejected'],
] as const)('%s: %s, with who, why and when', (type, status) => {
  const answer = { ...ref, summary: 'seen', by: ADA, answeredAt: at(7) };
  const vote: ApprovalEvent = {
    type: 'VoteCast',
    data: { result: status, summary: 'seen', voter: ADA, castAt: at(7) },
  };
  expect(after(requested, vote, { type, data: answer })).toMatchObject({
    status,
    statusSince: at(7),
    answer: { result: status, summary: 'seen', by: ADA, at: at(7) },
  });
});

test('lapses, or is withdrawn with a reason', () => {
  expect(after(requested, { type: 'ApprovalLapsed', data: { ...ref, expiredAt: at(600) } })).toMatchObject({
    status: 'Lapsed',
  });
  expect(after(requested, { type: 'ApprovalWithdrawn', data: { ...ref, reason: 'stopped' } })).toMatchObject({
    status: 'Withdrawn',
    withdrawnReason: 'stopped',
  });
});
