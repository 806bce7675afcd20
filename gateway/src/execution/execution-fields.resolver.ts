import { Inject } from '@nestjs/common';
import { Args, Context, ResolveField, Resolver, Root } from '@nestjs/graphql';
import type { ActionLogs } from '@millrace/action-logs';
import { ApprovalQuery } from '../approval/approval.query.js';
import { toApproval } from '../approval/approval.presenter.js';
import { ArtifactQuery } from '../artifact/artifact.query.js';
import { toArtifact, isComplete, toLogInfo } from '../artifact/artifact.presenter.js';
import { artifactPageArgs } from '../artifact/artifact-inputs.js';
import type { ActionRunView, PipelineView } from '../pipeline-definition/pipeline.presenter.js';
import { toPipeline } from '../pipeline-definition/pipeline.presenter.js';
import { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import { ACTION_LOGS, type Viewer } from '../ports.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { executionsOfPipelineArgs } from './execution-inputs.js';
import {
  offeredWork,
  toExecution,
  type AttemptView,
  type ExecutionRevisionView,
  type ExecutionView,
} from './execution.presenter.js';
import { ExecutionQuery } from './execution.query.js';
import { WorkWaiting } from './work-waiting.js';

type Raw = Record<string, unknown>;

/** What of an execution is read only when it is asked for. */
@Resolver('Execution')
export class ExecutionFieldsResolver {
  constructor(
    @Inject(PipelineQuery) private readonly pipelines: PipelineQuery,
    @Inject(ArtifactQuery) private readonly artifactQuery: ArtifactQuery,
  ) {}

  @ResolveField('pipeline')
  async pipeline(@Root() execution: ExecutionView, @Context('viewer') viewer: Viewer) {
    const stored = await this.pipelines.byId(viewer.project, execution.pipelineId);
    return stored && toPipeline(stored);
  }

  @ResolveField('artifacts')
  async artifacts(@Root() execution: ExecutionView, @Args() args: Raw, @Context('viewer') viewer: Viewer) {
    const wish = checked(artifactPageArgs, args, '');
    return toConnection(await this.artifactQuery.page(viewer.project, execution.id, wish), wish, ({ document }) =>
      toArtifact(document),
    );
  }
}

@Resolver('ExecutionRevision')
export class ExecutionRevisionResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('commits')
  commits(
    @Root() { revision, actionName, pipelineId, causedBy }: ExecutionRevisionView,
    @Context('viewer') viewer: Viewer,
  ) {
    return this.executions.commits(viewer.project, {
      pipelineId,
      actionName,
      revisionId: revision.revisionId,
      causedBy,
    });
  }
}

@Resolver('WaitingState')
export class WaitingStateResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('behindOrdinal')
  async behindOrdinal(@Root() waiting: { readonly behind: string | undefined }, @Context('viewer') viewer: Viewer) {
    if (waiting.behind === undefined) return null;
    return (await this.executions.byId(viewer.project, waiting.behind))?.document.ordinal;
  }
}

@Resolver('ActionExecution')
export class ActionExecutionResolver {
  constructor(
    @Inject(ACTION_LOGS) private readonly logs: ActionLogs,
    @Inject(ApprovalQuery) private readonly approvals: ApprovalQuery,
    @Inject(WorkWaiting) private readonly workWaiting: WorkWaiting,
  ) {}

  @ResolveField('waiting')
  waiting(@Root() { offered }: AttemptView) {
    return this.workWaiting.of(offered);
  }

  @ResolveField('log')
  async log(@Root() attempt: AttemptView, @Context('viewer') viewer: Viewer) {
    const { id, executionId, isApproval, closedLog } = attempt;
    if (isApproval) return null;
    if (closedLog !== undefined) return toLogInfo(id, { ...closedLog, closed: true });
    const state = await this.logs.state({ project: viewer.project, executionId, actionExecutionId: id });
    return toLogInfo(id, { ...state, closed: isComplete(attempt, state), dropped: 0 });
  }

  @ResolveField('approval')
  async approval(@Root() { id, isApproval }: AttemptView, @Context('viewer') viewer: Viewer) {
    const stored = isApproval ? await this.approvals.byId(viewer.project, id) : undefined;
    return stored && toApproval(stored);
  }
}

/** The labels of an offer stand in the execution alone. */
@Resolver('ActionExecutionState')
export class ActionExecutionStateResolver {
  constructor(
    @Inject(ExecutionQuery) private readonly executions: ExecutionQuery,
    @Inject(WorkWaiting) private readonly workWaiting: WorkWaiting,
  ) {}

  @ResolveField('waiting')
  async waiting(@Root() { actionExecutionId, executionId, work }: ActionRunView, @Context('viewer') viewer: Viewer) {
    if (work !== 'QUEUED' || executionId === undefined) return null;
    const attempt = await this.executions.attempt(viewer.project, executionId, actionExecutionId);
    return attempt && this.workWaiting.of(offeredWork(attempt));
  }
}

@Resolver('ExecutionRef')
export class ExecutionRefResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('execution')
  execution(@Root() { id }: { readonly id: string }, @Context('viewer') viewer: Viewer) {
    return executionById(this.executions, viewer, id);
  }
}

/** The execution that is inside a stage, or was. */
@Resolver('StageExecutionState')
export class StageExecutionStateResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('execution')
  execution(@Root() { executionId }: { readonly executionId: string }, @Context('viewer') viewer: Viewer) {
    return executionById(this.executions, viewer, executionId);
  }
}

/** The execution that waits before a stage. */
@Resolver('InboundExecution')
export class InboundExecutionResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('execution')
  execution(@Root() { executionId }: { readonly executionId: string }, @Context('viewer') viewer: Viewer) {
    return executionById(this.executions, viewer, executionId);
  }
}

async function executionById(executions: ExecutionQuery, { project }: Viewer, id: string) {
  const stored = await executions.byId(project, id);
  return stored && toExecution(stored);
}

@Resolver('Pipeline')
export class PipelineExecutionsResolver {
  constructor(@Inject(ExecutionQuery) private readonly executions: ExecutionQuery) {}

  @ResolveField('executions')
  async list(@Root() pipeline: PipelineView, @Args() args: Raw) {
    const wish = checked(executionsOfPipelineArgs, args, '');
    const page = await this.executions.page(pipeline.project, { ...wish, pipelineId: pipeline.id });
    return toConnection(page, wish, toExecution);
  }
}
