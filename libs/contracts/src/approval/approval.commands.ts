import type { Command } from '@millrace/decider';
import type { ApprovalTerms } from './approval.events.js';

/** Decided by the stream `approval-<project>/<actionExecutionId>`. Target of the message bus: `approval`. */
export type ApprovalCommand =
  | Command<'RequestApproval', ApprovalTerms>
  | Command<
      'CastVote',
      { readonly actionExecutionId: string; readonly result: 'Approved' | 'Rejected'; readonly summary: string }
    >
  /** A deadline fired. */
  | Command<'LapseApproval', { readonly actionExecutionId: string }>
  | Command<'WithdrawApproval', { readonly actionExecutionId: string; readonly reason: string }>;

export type ApprovalRefusal =
  | 'ALREADY_REQUESTED'
  /** No such approval, or the token of another attempt. */
  | 'INVALID_APPROVAL_TOKEN'
  | 'APPROVAL_ALREADY_COMPLETED'
  | 'APPROVAL_OUT_OF_DATE'
  | 'LAPSED'
  | 'SUMMARY_REQUIRED'
  | 'NOT_DUE';
