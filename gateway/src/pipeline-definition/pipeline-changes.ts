import { uuidV5 } from '@millrace/decider';
import type { Fact, JsonObject } from '@millrace/contracts';
import type { RequestContext } from '../ports.js';
import type { StoredView } from '../views/connection.js';
import type { Mutations, Settled } from '../views/mutations.js';
import { readDefinition, type DefinitionInput } from './definition-input.js';
import type { PipelineDocument } from './pipeline.document.js';
import type { CreatePipelineInput, UpdatePipelineInput } from './pipeline-inputs.js';
import type { SavedPipeline } from './pipeline.presenter.js';
import type { PipelineQuery } from './pipeline.query.js';
import type { Definitions } from './ports.js';

/** What became of a definition that somebody wanted saved. */
export type Saving =
  | {
      readonly accepted: true;
      readonly saved: SavedPipeline;
      readonly settled: Extract<Settled, { accepted: true }>;
      /** As every query sees it; undefined while it is not visible. */
      readonly pipeline: StoredView<PipelineDocument> | undefined;
    }
  | Extract<Settled, { accepted: false }>;

/** Commands of the context pipeline-definition, as a caller wants them. */
export class PipelineChanges {
  constructor(
    private readonly mutations: Mutations,
    private readonly definitions: Pick<Definitions, 'parse'>,
    private readonly pipelines: PipelineQuery,
  ) {}

  create(context: RequestContext, input: CreatePipelineInput): Promise<Saving> {
    const tags = input.tags ?? undefined;
    return this.save(context, input, (declaration, commandId) => ({
      type: 'CreatePipeline',
      // Derived, so that a repeated request asks for the same pipeline.
      data: { pipelineId: uuidV5(commandId, 'pipeline'), declaration, ...(tags === undefined ? {} : { tags }) },
    }));
  }

  update(context: RequestContext, input: UpdatePipelineInput): Promise<Saving> {
    const expectedVersion = input.expectedVersion ?? undefined;
    return this.save(context, input, (declaration) => ({
      type: 'UpdatePipeline',
      data: { declaration, ...(expectedVersion === undefined ? {} : { expectedVersion }) },
    }));
  }

  delete(context: RequestContext, input: { readonly name: string; readonly clientToken?: string | null | undefined }) {
    const { name, clientToken } = input;
    return this.mutations.settle(context, {
      operation: 'deletePipeline',
      subject: name,
      clientToken,
      command: () => ({ target: 'pipeline-definition', type: 'DeletePipeline', data: { name } }),
    });
  }

  private async save(
    context: RequestContext,
    input: DefinitionInput & { readonly clientToken?: string | null | undefined },
    command: (declaration: unknown, commandId: string) => { readonly type: string; readonly data: object },
  ): Promise<Saving> {
    const read = readDefinition(input, this.definitions);
    if (!read.readable) return { accepted: false, code: read.code, message: read.message };
    const { declaration } = read;
    const settled = await this.mutations.settle(context, {
      operation: command(declaration, '').type,
      subject: nameIn(declaration) ?? '',
      clientToken: input.clientToken,
      command: (commandId) => {
        const { type, data } = command(declaration, commandId);
        return { target: 'pipeline-definition', type, data: data as JsonObject };
      },
    });
    if (!settled.accepted) return settled;
    const saved = savedBy(settled.events) ?? {
      name: nameIn(declaration) ?? '',
      pipelineId: undefined,
      version: undefined,
    };
    const pipeline = settled.visible ? await this.pipelines.byName(context.viewer.project, saved.name) : undefined;
    return { accepted: true, saved, settled, pipeline };
  }
}

/** An update that changes nothing has no events. */
function savedBy(events: readonly Fact[]): SavedPipeline | undefined {
  const fact = events.find(({ type }) => type === 'PipelineCreated' || type === 'PipelineUpdated');
  return fact?.data as SavedPipeline | undefined;
}

/** What the definition calls itself, if it is a definition at all; the service says what is wrong with it otherwise. */
function nameIn(declaration: unknown): string | undefined {
  const outer = declaration as {
    readonly name?: unknown;
    readonly pipeline?: { readonly name?: unknown } | null;
  } | null;
  if (typeof outer !== 'object' || outer === null) return undefined;
  const name = Object.hasOwn(outer, 'pipeline') ? outer.pipeline?.name : outer.name;
  return typeof name === 'string' ? name : undefined;
}
