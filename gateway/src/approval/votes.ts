import type { ExecutionQuery } from '../execution/execution.query.js';
import type { RequestContext } from '../ports.js';
import type { StoredView } from '../views/connection.js';
import type { Accepted, Mutations, Settled } from '../views/mutations.js';
import type { ApprovalDocument } from './approval.document.js';
import type { CastVoteInput } from './approval-inputs.js';
import type { ApprovalQuery } from './approval.query.js';

export type Cast =
  | {
      readonly accepted: true;
      readonly settled: Accepted;
      /** As every query sees it; undefined while it is not visible. */
      readonly approval: StoredView<ApprovalDocument> | undefined;
    }
  | Extract<Settled, { accepted: false }>;

/** Answers to approvals, named by token or by where they stand. */
export class Votes {
  constructor(
    private readonly mutations: Mutations,
    private readonly approvals: ApprovalQuery,
    private readonly executions: ExecutionQuery,
  ) {}

  async cast(context: RequestContext, input: CastVoteInput): Promise<Cast> {
    const { project } = context.viewer;
    const actionExecutionId = input.token ?? (await this.latestAttempt(project, input));
    if (actionExecutionId === undefined)
      return {
        accepted: false,
        code: 'APPROVAL_NOT_FOUND',
        message: 'No approval was asked for there; look at the approvals that are pending.',
      };
    const known = await this.approvals.byId(project, actionExecutionId);
    const { result, summary, clientToken } = input;
    const settled = await this.mutations.settle(context, {
      operation: 'castVote',
      subject: actionExecutionId,
      clientToken,
      pipelineId: known?.document.pipelineId,
      executionId: known?.document.executionId,
      command: () => ({ target: 'approval', type: 'CastVote', data: { actionExecutionId, result, summary } }),
    });
    if (!settled.accepted) return settled;
    const approval = settled.visible ? await this.approvals.byId(project, actionExecutionId) : undefined;
    return { accepted: true, settled, approval };
  }

  private async latestAttempt(
    project: string,
    { executionId, stage, action }: CastVoteInput,
  ): Promise<string | undefined> {
    const attempt = await this.executions.latestAttempt(project, {
      executionId: executionId ?? '',
      stage: stage ?? '',
      action: action ?? '',
    });
    return attempt?.work === 'approval' ? attempt.actionExecutionId : undefined;
  }
}
