import { describeFrozenExamples } from '../testing/frozen-examples.js';
import { artifactEventTypes, type ArtifactEvent } from './artifact.events.js';

const producer = ['executionId', 'pipelineName', 'stage', 'action', 'actionExecutionId'] as const;

describe('events of artifact', () => {
  describeFrozenExamples<ArtifactEvent>({
    types: artifactEventTypes,
    folder: new URL('./examples/', import.meta.url),
    membersToday: {
      ArtifactStored: [...producer, 'artifactId', 'name', 'sha256', 'bytes'],
      ArtifactExpired: ['artifactId', 'sha256', 'bytes', 'reason'],
      LogClosed: [...producer, 'bytes', 'sha256', 'dropped'],
      LogExpired: ['actionExecutionId', 'bytes', 'reason'],
    },
  });
});
