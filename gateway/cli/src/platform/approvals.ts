import { operation, PAGE_INFO, type ChangeAnswer, type Page, type RefusedAnswer } from './operation.js';
import { ACTOR, type Actor } from './values.js';

export interface ApprovalRow {
  readonly id: string;
  readonly token: string | null;
  readonly status: string;
  readonly statusSince: string;
  readonly pipelineName: string;
  readonly executionId: string;
  readonly stage: string;
  readonly action: string;
  readonly customData: string | null;
  readonly externalEntityLink: string | null;
  readonly summaryRequired: boolean;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly answer: {
    readonly result: string;
    readonly summary: string;
    readonly by: Actor;
    readonly at: string;
  } | null;
}

const APPROVAL_ROW = `
  id token status statusSince pipelineName executionId stage action customData externalEntityLink summaryRequired
  requestedAt expiresAt answer { result summary by { ${ACTOR} } at }
`;

export const APPROVALS = operation<
  { readonly approvals: Page<ApprovalRow> },
  { readonly pending: boolean; readonly first: number; readonly after?: string | undefined }
>(`
  query Approvals($pending: Boolean, $first: Int, $after: String) {
    approvals(pending: $pending, first: $first, after: $after) { nodes { ${APPROVAL_ROW} } ${PAGE_INFO} }
  }`);

export type VoteResult = 'Approved' | 'Rejected';

export const CAST_VOTE = operation<
  { readonly answer: (ChangeAnswer & { readonly approval: ApprovalRow | null }) | RefusedAnswer },
  { input: { readonly token: string; readonly result: VoteResult; readonly summary?: string } }
>(`
  mutation CastVote($input: CastVoteInput!) {
    answer: castVote(input: $input) {
      ... on VoteAccepted { position visible approval { ${APPROVAL_ROW} } }
      ... on Refusal { code message }
    }
  }`);

export const APPROVALS_CHANGED = operation<{ readonly approvalsChanged: ApprovalRow }, Record<string, never>>(`
  subscription ApprovalsChanged { approvalsChanged { ${APPROVAL_ROW} } }`);
