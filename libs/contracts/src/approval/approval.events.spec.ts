import { describeFrozenExamples } from '../testing/frozen-examples.js';
import { approvalEventTypes, type ApprovalEvent } from './approval.events.js';

const ref = ['actionExecutionId', 'executionId', 'pipelineName', 'stage', 'action'] as const;

describe('events of approval', () => {
  describeFrozenExamples<ApprovalEvent>({
    types: approvalEventTypes,
    folder: new URL('./examples/', import.meta.url),
    membersToday: {
      ApprovalRequested: [...ref, 'summaryRequired', 'expiresAt', 'customData', 'externalEntityLink'],
      VoteCast: ['result', 'summary', 'voter', 'castAt'],
      ApprovalGranted: [...ref, 'summary', 'by', 'answeredAt'],
      ApprovalDenied: [...ref, 'summary', 'by', 'answeredAt'],
      ApprovalLapsed: [...ref, 'expiredAt'],
      ApprovalWithdrawn: [...ref, 'reason'],
    },
  });
});
