import type {
  ApprovalAnswer,
  ApprovalCommand,
  ApprovalEvent,
  ApprovalRef,
  ApprovalRefusal,
  ApprovalTerms,
} from '@millrace/contracts/approval';
import { accept, refuse, type Decider, type Decision, type Refused } from '@millrace/decider';
import { absentApproval, evolveApproval, type Approval } from './approval.state.js';

type Outcome = Decision<ApprovalEvent, ApprovalRefusal>;
type CommandOf<T extends ApprovalCommand['type']> = Extract<ApprovalCommand, { readonly type: T }>;

function decide(command: ApprovalCommand, approval: Approval): Outcome {
  switch (command.type) {
    case 'RequestApproval':
      return requestApproval(command, approval);
    case 'CastVote':
      return castVote(command, approval);
    case 'LapseApproval':
      return lapseApproval(command, approval);
    case 'WithdrawApproval':
      return withdrawApproval(command, approval);
  }
}

function requestApproval({ data }: CommandOf<'RequestApproval'>, approval: Approval): Outcome {
  if (approval.status !== 'absent') return refuse('ALREADY_REQUESTED', 'This approval was requested before.');
  return accept({ type: 'ApprovalRequested', data });
}

function castVote({ data, at, by }: CommandOf<'CastVote'>, approval: Approval): Outcome {
  if (approval.status !== 'pending') return notPending(approval);
  const { terms } = approval;
  if (at >= terms.expiresAt)
    return refuse('LAPSED', `The approval request expired at ${terms.expiresAt}. Retry the stage to ask again.`);
  const isBlank = data.summary.trim() === '';
  // The token stays good: codepipeline-semantics, section 11.
  if (terms.summaryRequired && isBlank)
    return refuse(
      'SUMMARY_REQUIRED',
      `Action '${terms.action}' in stage '${terms.stage}' requires a summary. Provide a summary in the approval result and try again.`,
    );
  const answer: ApprovalAnswer = {
    ...refOf(terms),
    summary: isBlank ? `${data.result} by ${by.name}` : data.summary,
    by,
    answeredAt: at,
  };
  return accept<ApprovalEvent>(
    { type: 'VoteCast', data: { result: data.result, summary: data.summary, voter: by, castAt: at } },
    { type: data.result === 'Approved' ? 'ApprovalGranted' : 'ApprovalDenied', data: answer },
  );
}

function lapseApproval({ at }: CommandOf<'LapseApproval'>, approval: Approval): Outcome {
  if (approval.status !== 'pending') return notPending(approval);
  const { terms } = approval;
  if (at < terms.expiresAt) return refuse('NOT_DUE', `The approval request expires at ${terms.expiresAt}.`);
  return accept({ type: 'ApprovalLapsed', data: { ...refOf(terms), expiredAt: terms.expiresAt } });
}

function withdrawApproval({ data }: CommandOf<'WithdrawApproval'>, approval: Approval): Outcome {
  if (approval.status === 'withdrawn') return accept();
  if (approval.status !== 'pending') return notPending(approval);
  return accept({ type: 'ApprovalWithdrawn', data: { ...refOf(approval.terms), reason: data.reason } });
}

function notPending(approval: Exclude<Approval, { status: 'pending' }>): Refused<ApprovalRefusal> {
  switch (approval.status) {
    case 'absent':
      return refuse(
        'INVALID_APPROVAL_TOKEN',
        'No approval has this token. Take the token of the attempt that waits now.',
      );
    case 'withdrawn':
      return refuse(
        'APPROVAL_OUT_OF_DATE',
        `${approval.reason}, and the approval request you responded to is now out of date.`,
      );
    case 'granted':
    case 'denied':
    case 'lapsed':
      return refuse(
        'APPROVAL_ALREADY_COMPLETED',
        'The approval request that you responded to is already complete or has expired. ' +
          'Review the latest revisions in the pipeline, and then try again.',
      );
  }
}

/** The part of the terms that says which approval it is. */
function refOf({ actionExecutionId, executionId, pipelineName, stage, action }: ApprovalTerms): ApprovalRef {
  return { actionExecutionId, executionId, pipelineName, stage, action };
}

export const approvalDecider: Decider<ApprovalCommand, Approval, ApprovalEvent, ApprovalRefusal> = {
  name: 'approval',
  version: 1,
  initial: absentApproval,
  decide,
  evolve: evolveApproval,
};
