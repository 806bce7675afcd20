import type { ApprovalEvent, ApprovalTerms } from '@millrace/contracts/approval';

/** One request for a person's word on one attempt of one action. */
export type Approval =
  | { readonly status: 'absent' }
  | { readonly status: 'pending'; readonly terms: ApprovalTerms }
  | { readonly status: 'granted' | 'denied' | 'lapsed' }
  | { readonly status: 'withdrawn'; readonly reason: string };

export const absentApproval: Approval = { status: 'absent' };

/** Never refuses: a fact has happened. */
export function evolveApproval(approval: Approval, event: ApprovalEvent): Approval {
  switch (event.type) {
    case 'ApprovalRequested':
      return { status: 'pending', terms: event.data };
    case 'VoteCast':
      // One answer decides: the outcome follows in the same append.
      return approval;
    case 'ApprovalGranted':
      return { status: 'granted' };
    case 'ApprovalDenied':
      return { status: 'denied' };
    case 'ApprovalLapsed':
      return { status: 'lapsed' };
    case 'ApprovalWithdrawn':
      return { status: 'withdrawn', reason: event.data.reason };
  }
}
