import { accept, refuse, type Command, type Decider, type Decision } from '@millrace/decider';
import type { PipelineDeclaration, PipelineEvent, PipelineRefusal, Tag } from '@millrace/contracts/pipeline-definition';
import { sameStructure } from './same-structure.js';

/** Commands with a declaration that was validated and normalised. */
export type PipelineDecisionCommand =
  | Command<
      'CreatePipeline',
      { readonly pipelineId: string; readonly declaration: PipelineDeclaration; readonly tags: readonly Tag[] }
    >
  | Command<
      'UpdatePipeline',
      {
        /** The creation that the command was addressed to, and that its events' metadata will name; undefined: there was none. */
        readonly pipelineId: string | undefined;
        readonly declaration: PipelineDeclaration;
        readonly expectedVersion?: number;
      }
    >
  | Command<'DeletePipeline', { readonly pipelineId: string | undefined }>;

export type PipelineDecisionRefusal = Extract<
  PipelineRefusal,
  'PIPELINE_NAME_IN_USE' | 'PIPELINE_NOT_FOUND' | 'VERSION_CONFLICT' | 'PIPELINE_REPLACED'
>;

/** One pipeline name, through all its creations. */
export type Pipeline =
  | { readonly status: 'absent' }
  | {
      readonly status: 'defined';
      readonly pipelineId: string;
      readonly name: string;
      readonly version: number;
      readonly declaration: PipelineDeclaration;
    }
  | { readonly status: 'deleted' };

type Outcome = Decision<PipelineEvent, PipelineDecisionRefusal>;
type CommandOf<T extends PipelineDecisionCommand['type']> = Extract<PipelineDecisionCommand, { readonly type: T }>;

function decide(command: PipelineDecisionCommand, pipeline: Pipeline): Outcome {
  switch (command.type) {
    case 'CreatePipeline':
      return createPipeline(command, pipeline);
    case 'UpdatePipeline':
      return updatePipeline(command, pipeline);
    case 'DeletePipeline':
      return deletePipeline(command, pipeline);
  }
}

function createPipeline({ data, at }: CommandOf<'CreatePipeline'>, pipeline: Pipeline): Outcome {
  const { pipelineId, declaration, tags } = data;
  const { name } = declaration;
  if (pipeline.status === 'defined')
    return refuse(
      'PIPELINE_NAME_IN_USE',
      `There is a pipeline named '${name}' already; update it, or choose another name.`,
    );
  return accept<PipelineEvent>({
    type: 'PipelineCreated',
    data: { pipelineId, name, version: 1, declaration, tags, createdAt: at },
  });
}

function updatePipeline({ data, at }: CommandOf<'UpdatePipeline'>, pipeline: Pipeline): Outcome {
  const { declaration, expectedVersion } = data;
  if (pipeline.status !== 'defined')
    return refuse('PIPELINE_NOT_FOUND', `There is no pipeline named '${declaration.name}'; create it first.`);
  const { pipelineId, name, version } = pipeline;
  if (data.pipelineId !== pipelineId) return replaced(name);
  if (expectedVersion !== undefined && expectedVersion !== version)
    return refuse(
      'VERSION_CONFLICT',
      `Pipeline '${name}' has version ${version}, not ${expectedVersion}; look at what has changed, then update again.`,
    );
  // CodePipeline answers an identical structure with the version unchanged.
  if (sameStructure(declaration, pipeline.declaration)) return accept();
  return accept<PipelineEvent>({
    type: 'PipelineUpdated',
    data: { pipelineId, name, version: version + 1, previousVersion: version, declaration, updatedAt: at },
  });
}

/** Deleting what is not there is what the caller wanted. */
function deletePipeline({ data, at }: CommandOf<'DeletePipeline'>, pipeline: Pipeline): Outcome {
  if (pipeline.status !== 'defined') return accept();
  const { pipelineId, name } = pipeline;
  if (data.pipelineId !== pipelineId) return replaced(name);
  return accept<PipelineEvent>({ type: 'PipelineDeleted', data: { pipelineId, name, deletedAt: at } });
}

function replaced(name: string): Outcome {
  return refuse(
    'PIPELINE_REPLACED',
    `Pipeline '${name}' has been created anew in the meantime; look at it, then try again.`,
  );
}

function evolve(pipeline: Pipeline, event: PipelineEvent): Pipeline {
  switch (event.type) {
    case 'PipelineCreated': {
      const { pipelineId, name, version, declaration } = event.data;
      return { status: 'defined', pipelineId, name, version, declaration };
    }
    case 'PipelineUpdated': {
      const { pipelineId, name, version, declaration } = event.data;
      return { status: 'defined', pipelineId, name, version, declaration };
    }
    case 'PipelineDeleted':
      return { status: 'deleted' };
  }
}

export const pipelineDecider: Decider<PipelineDecisionCommand, Pipeline, PipelineEvent, PipelineDecisionRefusal> = {
  name: 'pipeline',
  version: 1,
  initial: { status: 'absent' },
  decide,
  evolve,
};
