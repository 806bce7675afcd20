import { Inject } from '@nestjs/common';
import { Args, Context, Query, Resolver, Subscription } from '@nestjs/graphql';
import { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import { LIVE_FEED, VISIBILITY, type LiveFeed, type Viewer, type Visibility } from '../ports.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { mapLive } from '../views/map-live.js';
import { matches, type EventWish } from './event-filter.js';
import { EventQuery } from './event.query.js';
import { eventAppendedArgs, eventsArgs, type EventFilterInput } from './platform-inputs.js';
import { toEvent } from './platform.presenter.js';

@Resolver()
export class EventsResolver {
  constructor(
    @Inject(EventQuery) private readonly query: EventQuery,
    @Inject(PipelineQuery) private readonly pipelines: PipelineQuery,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
    @Inject(LIVE_FEED) private readonly feed: LiveFeed,
  ) {}

  @Query('events')
  async events(@Args() args: Record<string, unknown>, @Context('viewer') viewer: Viewer) {
    const { after, before, filter, first } = checked(eventsArgs, args, '');
    const wish = await this.wish(viewer.project, filter);
    const page = await this.query.page(wish, { first, after: this.position(after), before: this.position(before) });
    return toConnection(page, { first, after: after ?? before }, ({ document }) => toEvent(document));
  }

  @Subscription('eventAppended')
  async eventAppended(@Args() args: Record<string, unknown>, @Context('viewer') viewer: Viewer) {
    const { after, filter } = checked(eventAppendedArgs, args, '');
    const wish = await this.wish(viewer.project, filter);
    const { project, categories, types, pipelineId } = wish;
    const source = this.feed.events(after, {
      project,
      ...(categories === undefined ? {} : { categories }),
      ...(types === undefined ? {} : { types }),
      ...(pipelineId === undefined ? {} : { pipelineId }),
    });
    return mapLive(source, ({ event }) => (matches(wish, event) ? { eventAppended: toEvent(event) } : undefined));
  }

  private position(cursor: string | undefined) {
    return cursor === undefined ? undefined : this.visibility.positionOf(cursor);
  }

  private async wish(project: string, filter: EventFilterInput): Promise<EventWish> {
    const { pipeline, ...rest } = filter ?? {};
    const pipelineId = filter?.pipelineId ?? (await this.pipelines.idByName(project, pipeline));
    return { project, ...rest, pipelineId };
  }
}
