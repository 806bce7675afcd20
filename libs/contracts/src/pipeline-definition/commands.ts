import type { Tag } from './declaration.js';

/** What the context `pipeline-definition` can be asked for, as sent to it; declarations are checked there and nowhere else. */
export type PipelineCommand =
  | { readonly type: 'CreatePipeline'; readonly data: CreatePipeline }
  | { readonly type: 'UpdatePipeline'; readonly data: UpdatePipeline }
  | { readonly type: 'DeletePipeline'; readonly data: DeletePipeline };

export interface CreatePipeline {
  /** A UUID. UUIDv5 of the command id, so that a repeat asks for the same pipeline. */
  readonly pipelineId: string;
  /** The bare declaration, `{ pipeline }` or `{ pipeline, metadata }`, as a client gave it. Names the pipeline. */
  readonly declaration: unknown;
  readonly tags?: readonly Tag[];
}

export interface UpdatePipeline {
  /** Which pipeline; default: the one that the declaration names. Where both are given they must agree, since a name never changes. */
  readonly name?: string;
  /** Replaces everything; what is missing is removed. */
  readonly declaration: unknown;
  /** Refuse unless this is the version now. */
  readonly expectedVersion?: number;
}

/** Deleting what does not exist is accepted and changes nothing. */
export interface DeletePipeline {
  readonly name: string;
}

export type PipelineRefusal =
  /** The command's own members are wrong; details say which. */
  | 'INVALID_COMMAND'
  /** The declaration breaks rules; details hold every violation. */
  | 'INVALID_DEFINITION'
  /** More than 50 tags, or one that breaks the rules for tags. */
  | 'INVALID_TAGS'
  | 'PIPELINE_NAME_IN_USE'
  | 'PIPELINE_NOT_FOUND'
  /** An update names one pipeline and declares another. */
  | 'PIPELINE_NAME_FIXED'
  /** The version is not the expected one; read again, then decide again. */
  | 'VERSION_CONFLICT'
  /** The pipeline was deleted and created again while the command was under way; send it again if it is still meant. */
  | 'PIPELINE_REPLACED';
