import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, ResolveField, Resolver, Root, Subscription } from '@nestjs/graphql';
import { ExecutionQuery } from '../execution/execution.query.js';
import { toExecution } from '../execution/execution.presenter.js';
import { LIVE_FEED, VISIBILITY, type LiveFeed, type RequestContext, type Viewer, type Visibility } from '../ports.js';
import { backlogThenLive } from '../views/backlog.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { mapLive } from '../views/map-live.js';
import { documentId } from '../views/view-projection.js';
import { approvalsArgs, castVoteInput } from './approval-inputs.js';
import { toApproval, toApprovalRefusal, toVoteAccepted } from './approval.presenter.js';
import { ApprovalQuery } from './approval.query.js';
import { APPROVALS } from './approvals.projection.js';
import { Votes } from './votes.js';

type Raw = Record<string, unknown>;

/** Approvals of one page of the inbox's backlog. */
const BACKLOG_PAGE = 100;

@Resolver()
export class ApprovalResolver {
  constructor(
    @Inject(ApprovalQuery) private readonly approvals: ApprovalQuery,
    @Inject(Votes) private readonly votes: Votes,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
    @Inject(LIVE_FEED) private readonly feed: LiveFeed,
  ) {}

  @Query('approvals')
  async list(@Args() args: Raw & { minPosition?: string | null }, @Context('viewer') viewer: Viewer) {
    const wish = checked(approvalsArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    return toConnection(await this.approvals.page(viewer.project, wish), wish, toApproval);
  }

  @Mutation('castVote')
  async castVote(@Args('input') input: Raw, @Context() context: RequestContext) {
    const cast = await this.votes.cast(context, checked(castVoteInput, input, 'input'));
    return cast.accepted ? toVoteAccepted(cast.settled, cast.approval) : toApprovalRefusal(cast);
  }

  @Subscription('approvalsChanged')
  approvalsChanged(@Context('viewer') { project }: Viewer) {
    const selection = { collection: APPROVALS, idPrefix: documentId(project, '') };
    const all = backlogThenLive(this.feed, selection, (after) =>
      this.approvals.page(project, { first: BACKLOG_PAGE, after, pending: true }),
    );
    return mapLive(all, ({ document, position }) =>
      document === undefined ? undefined : { approvalsChanged: toApproval({ document, position }) },
    );
  }
}

@Resolver('Approval')
export class ApprovalFieldsResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('execution')
  async execution(@Root() { executionId }: { readonly executionId: string }, @Context('viewer') viewer: Viewer) {
    const stored = await this.executions.byId(viewer.project, executionId);
    return stored && toExecution(stored);
  }
}
