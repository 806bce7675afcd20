import type { JsonObject } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactEvent } from '@millrace/contracts/artifact';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';

/** Bytes that are still kept, by age and by content. The document's id is the stream. */
export interface HoldingDocument extends JsonObject {
  readonly kind: 'artifact' | 'log';
  readonly project: string;
  /** Of the artifact; of the action execution whose log it is. */
  readonly key: string;
  readonly executionId: string;
  readonly pipelineId?: string;
  readonly correlationId: string;
  readonly recordedAt: string;
  /** Of artifacts alone: logs don't share their bytes. */
  readonly sha256?: string;
}

export const HOLDINGS = 'artifact-holdings';

/** For the retention, which asks for the oldest, and whether somebody else needs the same bytes. */
export const holdingsProjection: Projection = {
  name: 'artifact.holdings.v1',
  collection: {
    name: HOLDINGS,
    indexes: [
      { name: 'age', fields: ['kind', 'recordedAt'] },
      { name: 'content', fields: ['project', 'sha256'], sparse: true },
    ],
  },
  touches: (event) => (event.category === 'artifact' ? [event.stream] : []),
  fold: (_document, event): HoldingDocument | undefined => {
    const fact = artifactEventTypes.decode<ArtifactEvent>(event);
    switch (fact.type) {
      case 'ArtifactStored': {
        const { artifactId, executionId, sha256 } = fact.data;
        return { kind: 'artifact', key: artifactId, executionId, sha256, ...recordedWith(event) };
      }
      case 'LogClosed': {
        const { actionExecutionId, executionId } = fact.data;
        return { kind: 'log', key: actionExecutionId, executionId, ...recordedWith(event) };
      }
      case 'ArtifactExpired':
      case 'LogExpired':
        return undefined;
    }
  },
};

function recordedWith({ metadata }: RecordedEvent): Pick<HoldingDocument, 'project' | 'correlationId' | 'recordedAt'> {
  const { project, pipelineId, correlationId, time } = metadata;
  return { project, correlationId, recordedAt: time, ...(pipelineId === undefined ? {} : { pipelineId }) };
}
