import { approvalEventTypes, type ApprovalEvent } from '@millrace/contracts/approval';
import type { RecordedEvent } from '@millrace/event-store';
import { deadlineFacts, type DeadlineChange, type DeadlineKeeperOptions } from '@millrace/messaging';

/** An approval lapses when its time is over, unless it was answered or withdrawn before. */
export function approvalDeadlines(event: RecordedEvent): readonly DeadlineChange[] {
  const fact = approvalEventTypes.decode<ApprovalEvent>(event);
  switch (fact.type) {
    case 'ApprovalRequested': {
      const { actionExecutionId, expiresAt } = fact.data;
      const command = { target: 'approval', type: 'LapseApproval', data: { actionExecutionId } } as const;
      return [{ id: idOf(actionExecutionId), dueAt: expiresAt, command, ...deadlineFacts(event.metadata) }];
    }
    case 'VoteCast':
      return [];
    case 'ApprovalGranted':
    case 'ApprovalDenied':
    case 'ApprovalLapsed':
    case 'ApprovalWithdrawn':
      return [{ id: idOf(fact.data.actionExecutionId) }];
  }
}

const idOf = (actionExecutionId: string): string => `approval.${actionExecutionId}`;

export const APPROVAL_DEADLINES: Pick<DeadlineKeeperOptions, 'name' | 'categories' | 'deadlinesOf'> = {
  name: 'approval',
  categories: ['approval'],
  deadlinesOf: approvalDeadlines,
};
