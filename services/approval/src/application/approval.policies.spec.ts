import type { FirstEvents } from '@millrace/messaging';
import { ADA, approvalRequested, NOON, REF, TERMS } from '../domain/testing/approval.fixtures.js';
import { approvalOutcomePolicy } from './approval-outcome.policy.js';
import { approvalRequestPolicy } from './approval-request.policy.js';
import { approvalDeadlines } from './approval.deadlines.js';
import { recorded } from './testing/recorded.js';

const started = recorded('execution', 'ExecutionStarted', {
  executionId: 'e1',
  pipelineId: 'p1',
  pipelineName: 'shop',
});
const first: FirstEvents = async (stream) => (stream === 'execution-default/e1' ? started : undefined);
const policy = approvalRequestPolicy(first);

const ACTION = { stage: 'Approve', action: 'Gate', actionExecutionId: 'a1' };
const actionStarted = (configuration: Record<string, string> = {}, work = 'approval') =>
  recorded('execution', 'ActionStarted', {
    ...ACTION,
    attempt: 1,
    work,
    configuration,
    inputArtifacts: [],
    dueAt: NOON,
  });
const actionFinished = (status: string, summary?: string) =>
  recorded('execution', 'ActionFinished', { ...ACTION, status, ...(summary === undefined ? {} : { summary }) });

describe('approval.request.v1', () => {
  test('asks for an approval that has started, until its action is due', async () => {
    expect(await policy(actionStarted())).toEqual([{ target: 'approval', type: 'RequestApproval', data: TERMS }]);
  });

  test('hands on what the resolved configuration says to the approver', async () => {
    const configuration = { CustomData: 'Look.', ExternalEntityLink: 'https://example.org', IsSummaryRequired: 'true' };
    expect(await policy(actionStarted(configuration))).toMatchObject([
      { data: { customData: 'Look.', externalEntityLink: 'https://example.org', summaryRequired: true } },
    ]);
  });

  test('requires a summary for "true" alone', async () => {
    expect(await policy(actionStarted({ IsSummaryRequired: 'false' }))).toMatchObject([
      { data: { summaryRequired: false } },
    ]);
  });

  test('leaves the work of runners alone', async () => {
    expect(await policy(actionStarted({}, 'job'))).toEqual([]);
  });

  test.each([
    ['Abandoned', undefined, 'The execution was stopped'],
    ['Failed', 'The approval action has been canceled.', 'The pipeline shop has been updated or deleted'],
  ])('withdraws what ended %s with the summary %s', async (status, summary, reason) => {
    expect(await policy(actionFinished(status, summary))).toEqual([
      { target: 'approval', type: 'WithdrawApproval', data: { actionExecutionId: 'a1', reason } },
    ]);
  });

  test.each([
    ['Succeeded', 'Approved by Ada'],
    ['Failed', 'Not today.'],
    ['Failed', undefined],
  ])('leaves alone what ended %s with the summary %s', async (status, summary) => {
    expect(await policy(actionFinished(status, summary))).toEqual([]);
  });

  test('does not go on without the execution that its event belongs to', async () => {
    await expect(approvalRequestPolicy(async () => undefined)(actionStarted())).rejects.toThrow('event-1');
  });
});

describe('approval.outcome.v1', () => {
  const answer = { ...REF, summary: 'Not today.', by: ADA, answeredAt: NOON };

  test('completes the action of what was granted', () => {
    expect(approvalOutcomePolicy(recorded('approval', 'ApprovalGranted', answer))).toEqual([
      {
        target: 'execution',
        type: 'CompleteAction',
        executionId: 'e1',
        data: { actionExecutionId: 'a1', status: 'Succeeded', summary: 'Not today.', updatedBy: 'Ada' },
      },
    ]);
  });

  test('fails the action of what was denied and says who and why', () => {
    expect(approvalOutcomePolicy(recorded('approval', 'ApprovalDenied', answer))).toMatchObject([
      {
        executionId: 'e1',
        data: { status: 'Failed', error: { code: 'JobFailed', message: 'Rejected by Ada: Not today.' } },
      },
    ]);
  });

  test('does not say twice who, where nothing was said why', () => {
    const silent = { ...answer, summary: 'Rejected by Ada' };
    expect(approvalOutcomePolicy(recorded('approval', 'ApprovalDenied', silent))).toMatchObject([
      { data: { summary: 'Rejected by Ada', error: { message: 'Rejected by Ada' } } },
    ]);
  });

  test('fails the action of what has lapsed', () => {
    expect(approvalOutcomePolicy(recorded('approval', 'ApprovalLapsed', { ...REF, expiredAt: NOON }))).toEqual([
      {
        target: 'execution',
        type: 'CompleteAction',
        executionId: 'e1',
        data: {
          actionExecutionId: 'a1',
          status: 'Failed',
          error: { code: 'TimedOut', message: `Nobody answered the approval request before ${NOON}.` },
        },
      },
    ]);
  });

  test('tells the execution nothing of a withdrawal: it came from there', () => {
    expect(approvalOutcomePolicy(recorded('approval', 'ApprovalWithdrawn', { ...REF, reason: 'x' }))).toEqual([]);
  });
});

describe('the deadlines of approvals', () => {
  test('are set by the request', () => {
    expect(approvalDeadlines(recorded('approval', 'ApprovalRequested', approvalRequested().data))).toEqual([
      {
        id: 'approval.a1',
        dueAt: NOON,
        command: { target: 'approval', type: 'LapseApproval', data: { actionExecutionId: 'a1' } },
        project: 'default',
        pipelineId: 'p1',
        executionId: 'e1',
        correlationId: 'request-1',
        causationId: 'event-1',
      },
    ]);
  });

  test.each(['ApprovalGranted', 'ApprovalDenied', 'ApprovalLapsed', 'ApprovalWithdrawn'])(
    'are cleared by %s',
    (type) => {
      expect(approvalDeadlines(recorded('approval', type, REF))).toEqual([{ id: 'approval.a1' }]);
    },
  );
});
