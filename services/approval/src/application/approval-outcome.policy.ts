import type { JsonObject } from '@millrace/contracts';
import { approvalEventTypes, type ApprovalAnswer, type ApprovalEvent } from '@millrace/contracts/approval';
import type { ActionCompletion } from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand } from '@millrace/messaging';

export const APPROVAL_OUTCOME = {
  name: 'approval.outcome.v1',
  categories: ['approval'],
  eventTypes: ['ApprovalGranted', 'ApprovalDenied', 'ApprovalLapsed'],
} as const;

/** An answer, or its absence, ends the action that waits for it. */
export function approvalOutcomePolicy(event: RecordedEvent): readonly AddressedCommand[] {
  const fact = approvalEventTypes.decode<ApprovalEvent>(event);
  switch (fact.type) {
    case 'ApprovalGranted':
      return [completion(fact.data.executionId, { ...answered(fact.data), status: 'Succeeded' })];
    case 'ApprovalDenied':
      return [
        completion(fact.data.executionId, {
          ...answered(fact.data),
          status: 'Failed',
          error: { code: 'JobFailed', message: rejection(fact.data) },
        }),
      ];
    case 'ApprovalLapsed':
      return [
        completion(fact.data.executionId, {
          actionExecutionId: fact.data.actionExecutionId,
          status: 'Failed',
          error: { code: 'TimedOut', message: `Nobody answered the approval request before ${fact.data.expiredAt}.` },
        }),
      ];
    case 'ApprovalRequested':
    case 'VoteCast':
    case 'ApprovalWithdrawn':
      return [];
  }
}

const answered = ({ actionExecutionId, summary, by }: ApprovalAnswer) => ({
  actionExecutionId,
  summary,
  updatedBy: by.name,
});

function rejection({ summary, by }: ApprovalAnswer): string {
  const bare = `Rejected by ${by.name}`;
  return summary === bare ? bare : `${bare}: ${summary}`;
}

function completion(executionId: string, data: ActionCompletion): AddressedCommand {
  const { error, ...rest } = data;
  const json: JsonObject = { ...rest, ...(error === undefined ? {} : { error: { ...error } }) };
  return { target: 'execution', type: 'CompleteAction', executionId, data: json };
}
