import type { KnownEvent } from '@millrace/contracts/known-event';
import { changeWhere } from '../views/view-projection.js';
import type { PipelineDocument, SourceDocument } from './pipeline.document.js';

/** What was seen of the pipeline's remotes. */
export function foldSource(pipeline: PipelineDocument, event: KnownEvent, time: string): PipelineDocument {
  switch (event.type) {
    case 'RevisionSeen':
      return changeSource(pipeline, event.data.actionName, (source) => ({
        ...recovered(source, time),
        revision: event.data.revision,
        seenAt: time,
      }));
    case 'SourceFailing':
      return changeSource(pipeline, event.data.actionName, (source) => ({
        ...source,
        healthy: false,
        healthSince: source.healthy ? time : (source.healthSince ?? time),
        error: event.data.error,
      }));
    case 'SourceRecovered':
      return changeSource(pipeline, event.data.actionName, (source) => recovered(source, time));
    default:
      return pipeline;
  }
}

function recovered(source: SourceDocument, time: string): SourceDocument {
  const { error: _error, ...rest } = source;
  const healthSince = source.healthy ? (source.healthSince ?? time) : time;
  return { ...rest, healthy: true, healthSince };
}

function changeSource(
  pipeline: PipelineDocument,
  actionName: string,
  change: (source: SourceDocument) => SourceDocument,
): PipelineDocument {
  return { ...pipeline, sources: changeWhere(pipeline.sources, (source) => source.actionName === actionName, change) };
}
