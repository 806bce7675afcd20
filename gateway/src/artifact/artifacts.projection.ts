import type { RecordedEvent } from '@millrace/event-store';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { viewProjection } from '../views/view-projection.js';
import type { ArtifactDocument } from './artifact.document.js';

export const ARTIFACTS = 'artifacts';

/** What actions have stored. Logs are shown with their action, in the executions. */
export const artifactsProjection = viewProjection<ArtifactDocument>({
  name: 'artifact.artifacts.v1',
  collection: { name: ARTIFACTS, indexes: [{ name: 'byExecution', fields: ['project', 'executionId', 'storedAt'] }] },
  categories: ['artifact'],
  key: (event) =>
    event.type === 'ArtifactStored' || event.type === 'ArtifactExpired' ? event.data.artifactId : undefined,
  fold,
});

function fold(
  artifact: ArtifactDocument | undefined,
  event: KnownEvent,
  { metadata }: RecordedEvent,
): ArtifactDocument | undefined {
  switch (event.type) {
    case 'ArtifactStored':
      return { project: metadata.project, ...event.data, storedAt: metadata.time };
    case 'ArtifactExpired':
      return artifact && { ...artifact, expiredAt: metadata.time, expiredReason: event.data.reason };
    default:
      return artifact;
  }
}
