import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, ResolveField, Resolver, Root, Subscription } from '@nestjs/graphql';
import { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import { toPipeline } from '../pipeline-definition/pipeline.presenter.js';
import { LIVE_FEED, VISIBILITY, type LiveFeed, type RequestContext, type Viewer, type Visibility } from '../ports.js';
import { liveView } from '../views/backlog.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { mapLive } from '../views/map-live.js';
import { documentId } from '../views/view-projection.js';
import { ExecutionChanges, type Change } from './execution-changes.js';
import type { ExecutionDocument } from './execution.document.js';
import {
  disableTransitionInput,
  enableTransitionInput,
  executionsArgs,
  idArgs,
  lookAtSourceInput,
  retryStageInput,
  startExecutionInput,
  stopExecutionInput,
} from './execution-inputs.js';
import {
  toExecution,
  toExecutionChange,
  toExecutionRefusal,
  toLookRequested,
  toTransitionChange,
  waitsForRunner,
} from './execution.presenter.js';
import { ExecutionQuery } from './execution.query.js';
import { EXECUTIONS } from './executions.projection.js';
import { WorkWaiting } from './work-waiting.js';

/** Arguments as GraphQL has checked them: their types, not yet their limits. */
type Raw = Record<string, unknown>;

@Resolver()
export class ExecutionQueryResolver {
  constructor(
    @Inject(ExecutionQuery) private readonly executions: ExecutionQuery,
    @Inject(PipelineQuery) private readonly pipelines: PipelineQuery,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
  ) {}

  @Query('execution')
  async execution(@Args() args: Raw & { minPosition?: string | null }, @Context('viewer') viewer: Viewer) {
    const { id } = checked(idArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    const stored = await this.executions.byId(viewer.project, id);
    return stored && toExecution(stored);
  }

  @Query('executions')
  async list(@Args() args: Raw & { minPosition?: string | null }, @Context('viewer') viewer: Viewer) {
    const { pipeline, ...wish } = checked(executionsArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    const pipelineId = wish.pipelineId ?? (await this.pipelines.idByName(viewer.project, pipeline));
    return toConnection(await this.executions.page(viewer.project, { ...wish, pipelineId }), wish, toExecution);
  }
}

@Resolver()
export class ExecutionSubscriptionResolver {
  constructor(
    @Inject(LIVE_FEED) private readonly feed: LiveFeed,
    @Inject(WorkWaiting) private readonly workWaiting: WorkWaiting,
  ) {}

  @Subscription('executionChanged')
  executionChanged(@Args() args: Raw, @Context('viewer') viewer: Viewer) {
    const { id } = checked(idArgs, args, '');
    const changes = this.feed.watch({ collection: EXECUTIONS, ids: [documentId(viewer.project, id)] });
    const views = mapLive(changes, (change) => liveView<ExecutionDocument>(change));
    const states = this.workWaiting.followed(
      views,
      ({ document }) => document !== undefined && waitsForRunner(document),
    );
    return mapLive(states, ({ document, position }) => ({
      executionChanged: document === undefined ? null : toExecution({ document, position }),
    }));
  }
}

@Resolver()
export class ExecutionMutationResolver {
  constructor(@Inject(ExecutionChanges) private readonly changes: ExecutionChanges) {}

  @Mutation('startExecution')
  async start(@Args('input') input: Raw, @Context() context: RequestContext) {
    return toChange(await this.changes.start(context, checked(startExecutionInput, input, 'input')));
  }

  @Mutation('stopExecution')
  async stop(@Args('input') input: Raw, @Context() context: RequestContext) {
    return toChange(await this.changes.stop(context, checked(stopExecutionInput, input, 'input')));
  }

  @Mutation('retryStage')
  async retry(@Args('input') input: Raw, @Context() context: RequestContext) {
    return toChange(await this.changes.retry(context, checked(retryStageInput, input, 'input')));
  }

  @Mutation('enableTransition')
  async enable(@Args('input') input: Raw, @Context() context: RequestContext) {
    const wish = checked(enableTransitionInput, input, 'input');
    return toTransitionChange(wish.pipeline, await this.changes.enable(context, wish));
  }

  @Mutation('disableTransition')
  async disable(@Args('input') input: Raw, @Context() context: RequestContext) {
    const wish = checked(disableTransitionInput, input, 'input');
    return toTransitionChange(wish.pipeline, await this.changes.disable(context, wish));
  }

  @Mutation('lookAtSource')
  async look(@Args('input') input: Raw, @Context() context: RequestContext) {
    const wish = checked(lookAtSourceInput, input, 'input');
    return toLookRequested(wish.pipeline, await this.changes.look(context, wish));
  }
}

function toChange(change: Change) {
  return change.accepted
    ? toExecutionChange(change.executionId, change.settled, change.execution)
    : toExecutionRefusal(change);
}

@Resolver('TransitionChange')
export class TransitionChangeResolver {
  constructor(@Inject(PipelineQuery) private readonly pipelines: PipelineQuery) {}

  @ResolveField('pipeline')
  async pipeline(
    @Root() change: { readonly pipelineName: string; readonly visible: boolean },
    @Context('viewer') viewer: Viewer,
  ) {
    if (!change.visible) return null;
    const stored = await this.pipelines.byName(viewer.project, change.pipelineName);
    return stored && toPipeline(stored);
  }
}
