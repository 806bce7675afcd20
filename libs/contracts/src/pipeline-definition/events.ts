import { eventTypes } from '../event.js';
import type { PipelineDeclaration, Tag } from './declaration.js';

/** Facts of one pipeline name. Stream: `pipeline-<project>/<name>`. A released shape is never edited, it gets a version. */
export type PipelineEvent =
  | { readonly type: 'PipelineCreated'; readonly data: PipelineCreated }
  | { readonly type: 'PipelineUpdated'; readonly data: PipelineUpdated }
  | { readonly type: 'PipelineDeleted'; readonly data: PipelineDeleted };

export interface PipelineCreated {
  /** A UUID, new for each creation: a name that is used again starts without its predecessor's history. */
  readonly pipelineId: string;
  readonly name: string;
  readonly version: 1;
  /** Normalised, without `version`. */
  readonly declaration: PipelineDeclaration;
  readonly tags: readonly Tag[];
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

export interface PipelineUpdated {
  readonly pipelineId: string;
  readonly name: string;
  /** `previousVersion` + 1. */
  readonly version: number;
  readonly previousVersion: number;
  /** The whole new one: an update replaces everything. */
  readonly declaration: PipelineDeclaration;
  readonly updatedAt: string;
}

export interface PipelineDeleted {
  readonly pipelineId: string;
  readonly name: string;
  readonly deletedAt: string;
}

export const pipelineEventTypes = eventTypes<PipelineEvent['type']>('pipeline-definition', {
  PipelineCreated: 1,
  PipelineUpdated: 1,
  PipelineDeleted: 1,
});
