import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, ResolveField, Resolver, Root } from '@nestjs/graphql';
import { ACTION_TYPES } from '@millrace/contracts/pipeline-definition';
import { PublicError } from '../graphql/public-error.js';
import { VISIBILITY, type RequestContext, type Viewer, type Visibility } from '../ports.js';
import { toConnection } from '../views/connection.js';
import { checked } from '../views/input.js';
import { readDefinition, type DefinitionInput } from './definition-input.js';
import { PipelineChanges, type Saving } from './pipeline-changes.js';
import {
  createPipelineInput,
  deletePipelineInput,
  pageArgs,
  pipelineArgs,
  pipelinesArgs,
  updatePipelineInput,
  validatePipelineArgs,
  versionArgs,
} from './pipeline-inputs.js';
import {
  toActionType,
  toPipeline,
  toPipelineDeleted,
  toPipelineRefusal,
  toPipelineSaved,
  toValidation,
  toVersion,
  type PipelineView,
} from './pipeline.presenter.js';
import { PipelineQuery } from './pipeline.query.js';
import { DEFINITIONS, type Definitions } from './ports.js';

/** Arguments as GraphQL has checked them: their types, not yet their limits. */
type Raw = Record<string, unknown>;

interface Minimum {
  readonly minPosition?: string | null;
}

@Resolver()
export class PipelineQueryResolver {
  constructor(
    @Inject(PipelineQuery) private readonly pipelines: PipelineQuery,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
    @Inject(DEFINITIONS) private readonly definitions: Definitions,
  ) {}

  @Query('pipeline')
  async pipeline(@Args() args: Raw & Minimum, @Context('viewer') viewer: Viewer) {
    const { name, id } = checked(pipelineArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    const stored =
      typeof id === 'string'
        ? await this.pipelines.byId(viewer.project, id)
        : await this.pipelines.byName(viewer.project, name ?? '');
    return stored && toPipeline(stored);
  }

  @Query('pipelines')
  async list(@Args() args: Raw & Minimum, @Context('viewer') viewer: Viewer) {
    const wish = checked(pipelinesArgs, args, '');
    await this.visibility.awaitCursor(args.minPosition);
    return toConnection(await this.pipelines.page(viewer.project, wish), wish, toPipeline);
  }

  @Query('actionTypes')
  actionTypes() {
    return ACTION_TYPES.map(toActionType);
  }

  @Query('validatePipeline')
  validate(@Args() args: DefinitionInput) {
    const read = readDefinition(checked(validatePipelineArgs, args, ''), this.definitions);
    return toValidation(
      read.readable
        ? this.definitions.validate(read.declaration)
        : { ok: false, violations: [{ path: '', message: read.message, code: read.code }] },
    );
  }
}

@Resolver()
export class PipelineMutationResolver {
  constructor(@Inject(PipelineChanges) private readonly changes: PipelineChanges) {}

  @Mutation('createPipeline')
  async create(@Args('input') input: Raw, @Context() context: RequestContext) {
    return toSaved(await this.changes.create(context, checked(createPipelineInput, input, 'input')));
  }

  @Mutation('updatePipeline')
  async update(@Args('input') input: Raw, @Context() context: RequestContext) {
    return toSaved(await this.changes.update(context, checked(updatePipelineInput, input, 'input')));
  }

  @Mutation('deletePipeline')
  async delete(@Args('input') input: Raw, @Context() context: RequestContext) {
    const wish = checked(deletePipelineInput, input, 'input');
    return toPipelineDeleted(wish.name, await this.changes.delete(context, wish));
  }
}

function toSaved(saving: Saving) {
  return saving.accepted ? toPipelineSaved(saving.saved, saving.settled, saving.pipeline) : toPipelineRefusal(saving);
}

/** What of a pipeline is read only when it is asked for. */
@Resolver('Pipeline')
export class PipelineFieldsResolver {
  constructor(@Inject(PipelineQuery) private readonly pipelines: PipelineQuery) {}

  @ResolveField('definition')
  async definition(@Root() pipeline: PipelineView) {
    const version = await this.pipelines.version(pipeline.project, pipeline.id, pipeline.version);
    if (version === undefined)
      throw new PublicError('NOT_YET_VISIBLE', 'The definition is not visible yet; query with minPosition.');
    return version.declaration;
  }

  @ResolveField('versions')
  async versions(@Root() pipeline: PipelineView, @Args() args: Raw) {
    const wish = checked(pageArgs, args, '');
    return toConnection(await this.pipelines.versions(pipeline.project, pipeline.id, wish), wish, ({ document }) =>
      toVersion(document),
    );
  }

  @ResolveField('atVersion')
  async atVersion(@Root() pipeline: PipelineView, @Args() args: Raw) {
    const { version } = checked(versionArgs, args, '');
    const found = await this.pipelines.version(pipeline.project, pipeline.id, version);
    return found && toVersion(found);
  }
}
