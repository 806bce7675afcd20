import { Inject } from '@nestjs/common';
import { Args, Context, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { ActionLogs } from '@millrace/action-logs';
import { ExecutionQuery } from '../execution/execution.query.js';
import { PublicError } from '../graphql/public-error.js';
import { liveIterator } from '../live/live-iterator.js';
import {
  ACTION_LOGS,
  LIVE_FEED,
  VISIBILITY,
  type LiveFeed,
  type LogPart,
  type Viewer,
  type Visibility,
} from '../ports.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { mapLive } from '../views/map-live.js';
import { artifactsArgs, idArgs, logAppendedArgs, logArgs } from './artifact-inputs.js';
import { toArtifact, isComplete, toLogChunk } from './artifact.presenter.js';
import { ArtifactQuery } from './artifact.query.js';
import { withEnd } from './follow-log.js';

type Raw = Record<string, unknown>;

@Resolver()
export class ArtifactResolver {
  constructor(
    @Inject(ArtifactQuery) private readonly artifacts: ArtifactQuery,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
  ) {}

  @Query('artifact')
  async artifact(@Args() args: Raw, @Context('viewer') viewer: Viewer) {
    const { id } = checked(idArgs, args, '');
    const artifact = await this.artifacts.byId(viewer.project, id);
    return artifact && toArtifact(artifact);
  }

  @Query('artifacts')
  async list(@Args() args: Raw & { minPosition?: string | null }, @Context('viewer') viewer: Viewer) {
    const { executionId, ...wish } = checked(artifactsArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    return toConnection(await this.artifacts.page(viewer.project, executionId, wish), wish, ({ document }) =>
      toArtifact(document),
    );
  }
}

@Resolver()
export class LogResolver {
  constructor(
    @Inject(ACTION_LOGS) private readonly logs: ActionLogs,
    @Inject(LIVE_FEED) private readonly feed: LiveFeed,
    @Inject(ExecutionQuery) private readonly executions: ExecutionQuery,
  ) {}

  @Query('log')
  async log(@Args() args: Raw, @Context('viewer') { project }: Viewer) {
    const { executionId, actionExecutionId, offset, limit } = checked(logArgs, args, '');
    const attempt = await this.executions.attempt(project, executionId, actionExecutionId);
    if (attempt === undefined) return null;
    const { bytes, state } = await this.logs.read({ project, executionId, actionExecutionId }, offset, limit);
    return toLogChunk(offset, { bytes, state: { ...state, closed: isComplete(attempt, state) } });
  }

  @Subscription('logAppended')
  async logAppended(@Args() args: Raw, @Context('viewer') { project }: Viewer) {
    const { executionId, actionExecutionId, offset } = checked(logAppendedArgs, args, '');
    const attempt = await this.executions.attempt(project, executionId, actionExecutionId);
    // The log of an action that is not there would stay open for ever.
    if (attempt === undefined) throw new PublicError('NOT_FOUND', 'There is no such action execution.');
    // So would one that was never written, or has expired: nothing is left that would say that it is closed.
    const log = { project, executionId, actionExecutionId };
    const state = await this.logs.state(log);
    const isOver = state.bytes === 0 && isComplete(attempt, state);
    const parts = isOver ? liveIterator<LogPart>(async () => undefined) : this.feed.log(log, offset);
    return mapLive(withEnd(parts, offset), (logAppended) => ({ logAppended }));
  }
}
