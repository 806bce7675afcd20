import { deciderSpec } from '@millrace/decider/testing';
import { approvalDecider } from './approval.decider.js';
import {
  ADA,
  approvalRequested,
  BEFORE_NOON,
  lapse,
  MORNING,
  NOON,
  REF,
  requestApproval,
  vote,
  withdraw,
} from './testing/approval.fixtures.js';

const given = deciderSpec(approvalDecider);
const pending = given(approvalRequested());

describe('RequestApproval', () => {
  test('records its terms', () => {
    const terms = {
      customData: 'Look at the diff.',
      externalEntityLink: 'https://example.org/1',
      summaryRequired: true,
    };
    given().when(requestApproval(terms)).then(approvalRequested(terms));
  });

  test('refuses a second request for the same attempt', () => {
    pending.when(requestApproval()).thenRefused('ALREADY_REQUESTED');
    pending.after(vote('Approved')).when(requestApproval()).thenRefused('ALREADY_REQUESTED');
  });
});

describe('CastVote', () => {
  test('grants the approval: one answer decides', () => {
    pending
      .when(vote('Approved', 'Looks good.'))
      .then(
        { type: 'VoteCast', data: { result: 'Approved', summary: 'Looks good.', voter: ADA, castAt: MORNING } },
        { type: 'ApprovalGranted', data: { ...REF, summary: 'Looks good.', by: ADA, answeredAt: MORNING } },
      );
  });

  test('denies the approval', () => {
    pending
      .when(vote('Rejected', 'Not today.'))
      .then(
        { type: 'VoteCast', data: { result: 'Rejected', summary: 'Not today.', voter: ADA, castAt: MORNING } },
        { type: 'ApprovalDenied', data: { ...REF, summary: 'Not today.', by: ADA, answeredAt: MORNING } },
      );
  });

  test.each([
    ['Approved', '', 'Approved by Ada'],
    ['Rejected', ' \n', 'Rejected by Ada'],
  ] as const)('%s with the summary %j is shown as "%s"', (result, summary, shown) => {
    pending.when(vote(result, summary)).thenDecision((decision) => {
      expect(decision).toMatchObject({ accepted: true, events: [{ data: { summary } }, { data: { summary: shown } }] });
    });
  });

  test.each(['Approved', 'Rejected'] as const)('refuses %s without a summary where one is required', (result) => {
    const required = given(approvalRequested({ summaryRequired: true }));
    required.when(vote(result)).thenRefused('SUMMARY_REQUIRED');
    required.when(vote(result, ' \t\n')).thenRefused('SUMMARY_REQUIRED');
    required.when(vote(result, 'x')).thenDecision(({ accepted }) => expect(accepted).toBe(true));
  });

  test('says which action requires a summary', () => {
    given(approvalRequested({ summaryRequired: true }))
      .when(vote('Approved'))
      .thenDecision((decision) =>
        expect(decision).toHaveProperty(
          'message',
          "Action 'Gate' in stage 'Approve' requires a summary. Provide a summary in the approval result and try again.",
        ),
      );
  });

  test('accepts a vote a millisecond before expiry, refuses it at the very instant', () => {
    pending.when(vote('Approved', '', BEFORE_NOON)).thenDecision(({ accepted }) => expect(accepted).toBe(true));
    pending.when(vote('Approved', '', NOON)).thenRefused('LAPSED');
  });

  test('refuses a token that was never given out', () => {
    given().when(vote('Approved')).thenRefused('INVALID_APPROVAL_TOKEN');
  });

  test('refuses a second vote, a contrary one too: the token is good once', () => {
    pending.after(vote('Approved')).when(vote('Approved')).thenRefused('APPROVAL_ALREADY_COMPLETED');
    pending.after(vote('Approved')).when(vote('Rejected')).thenRefused('APPROVAL_ALREADY_COMPLETED');
    pending.after(vote('Rejected')).when(vote('Approved')).thenRefused('APPROVAL_ALREADY_COMPLETED');
  });

  test('refuses a vote on what has lapsed', () => {
    pending
      .after(lapse())
      .when(vote('Approved', '', NOON))
      .thenRefused('APPROVAL_ALREADY_COMPLETED');
  });

  test('refuses a vote on what was withdrawn and says why it was', () => {
    pending
      .after(withdraw('The pipeline shop has been updated'))
      .when(vote('Approved'))
      .thenDecision((decision) =>
        expect(decision).toMatchObject({
          code: 'APPROVAL_OUT_OF_DATE',
          message: 'The pipeline shop has been updated, and the approval request you responded to is now out of date.',
        }),
      );
  });
});

describe('LapseApproval', () => {
  test('is too early a millisecond before expiry, and lapses at the very instant', () => {
    pending.when(lapse(BEFORE_NOON)).thenRefused('NOT_DUE');
    pending.when(lapse(NOON)).then({ type: 'ApprovalLapsed', data: { ...REF, expiredAt: NOON } });
  });

  test('records the instant of expiry, however late it fires', () => {
    pending.when(lapse('2027-01-01T00:00:00.000Z')).then({ type: 'ApprovalLapsed', data: { ...REF, expiredAt: NOON } });
  });

  test('changes nothing that is over', () => {
    given().when(lapse()).thenRefused('INVALID_APPROVAL_TOKEN');
    pending.after(vote('Rejected')).when(lapse()).thenRefused('APPROVAL_ALREADY_COMPLETED');
    pending.after(lapse()).when(lapse()).thenRefused('APPROVAL_ALREADY_COMPLETED');
    pending.after(withdraw()).when(lapse()).thenRefused('APPROVAL_OUT_OF_DATE');
  });
});

describe('WithdrawApproval', () => {
  test('takes the request back, with its reason', () => {
    pending.when(withdraw('Because')).then({ type: 'ApprovalWithdrawn', data: { ...REF, reason: 'Because' } });
  });

  test('happens once', () => {
    pending.after(withdraw()).when(withdraw()).then();
  });

  test('leaves alone what was answered or never asked', () => {
    pending.after(vote('Approved')).when(withdraw()).thenRefused('APPROVAL_ALREADY_COMPLETED');
    pending.after(lapse()).when(withdraw()).thenRefused('APPROVAL_ALREADY_COMPLETED');
    given().when(withdraw()).thenRefused('INVALID_APPROVAL_TOKEN');
  });
});
