import { Inject } from '@nestjs/common';
import { Args, Context, Resolver, Subscription } from '@nestjs/graphql';
import { WorkWaiting } from '../execution/work-waiting.js';
import { LIVE_FEED, type LiveFeed, type Viewer } from '../ports.js';
import { backlogThenLive, type LiveView } from '../views/backlog.js';
import { checked } from '../views/input.js';
import { mapLive } from '../views/map-live.js';
import { documentId } from '../views/view-projection.js';
import { followPipeline } from './follow-pipeline.js';
import type { PipelineDocument } from './pipeline.document.js';
import { nameArgs } from './pipeline-inputs.js';
import { toPipeline } from './pipeline.presenter.js';
import { PipelineQuery } from './pipeline.query.js';
import { PIPELINES } from './pipelines.projection.js';

/** Names of one page of the dashboard's backlog. */
const BACKLOG_PAGE = 100;

@Resolver()
export class PipelineSubscriptionResolver {
  constructor(
    @Inject(PipelineQuery) private readonly pipelines: PipelineQuery,
    @Inject(LIVE_FEED) private readonly feed: LiveFeed,
    @Inject(WorkWaiting) private readonly workWaiting: WorkWaiting,
  ) {}

  @Subscription('pipelineChanged')
  pipelineChanged(@Args() args: Record<string, unknown>, @Context('viewer') viewer: Viewer) {
    const { name } = checked(nameArgs, args, '');
    const named = followPipeline(this.feed, this.pipelines, { project: viewer.project, name });
    const states = this.workWaiting.followed(
      named,
      ({ pipeline }) => pipeline !== undefined && waitsForRunner(pipeline.document),
    );
    return mapLive(states, ({ pipeline }) => ({
      pipelineChanged: pipeline === undefined ? null : toPipeline(pipeline),
    }));
  }

  @Subscription('pipelinesChanged')
  pipelinesChanged(@Context('viewer') { project }: Viewer) {
    const selection = { collection: PIPELINES, idPrefix: documentId(project, '') };
    const all = backlogThenLive(this.feed, selection, (after) =>
      this.pipelines.page(project, { first: BACKLOG_PAGE, after, deleted: false }),
    );
    return mapLive(all, (view) => ({ pipelinesChanged: toPipelineChange(view) }));
  }
}

export function toPipelineChange({ id, position, document }: LiveView<PipelineDocument>) {
  const there = document !== undefined && document.deletedAt === undefined;
  return {
    pipelineId: document?.pipelineId ?? id.slice(id.indexOf('/') + 1),
    pipeline: there ? toPipeline({ document, position }) : null,
  };
}

function waitsForRunner({ stages }: PipelineDocument): boolean {
  return stages.some(({ actions }) => actions.some(({ latest }) => latest?.work === 'QUEUED'));
}
