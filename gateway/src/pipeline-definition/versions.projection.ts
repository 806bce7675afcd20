import { viewProjection } from '../views/view-projection.js';
import type { PipelineVersionDocument } from './pipeline.document.js';

export const VERSIONS = 'pipeline-versions';

export function versionKey(pipelineId: string, version: number): string {
  return `${pipelineId}/${version}`;
}

/** Every version of every definition, for ever. */
export const versionsProjection = viewProjection<PipelineVersionDocument>({
  name: 'pipeline-definition.versions.v1',
  collection: { name: VERSIONS, indexes: [{ name: 'byPipeline', fields: ['project', 'pipelineId', 'version'] }] },
  categories: ['pipeline'],
  key: (event) =>
    event.type === 'PipelineCreated' || event.type === 'PipelineUpdated'
      ? versionKey(event.data.pipelineId, event.data.version)
      : undefined,
  fold: (document, event, { metadata }) => {
    if (event.type !== 'PipelineCreated' && event.type !== 'PipelineUpdated') return document;
    const { pipelineId, version, declaration } = event.data;
    return {
      project: metadata.project,
      pipelineId,
      version,
      declaration,
      createdAt: metadata.time,
      createdBy: metadata.actor,
    };
  },
});
