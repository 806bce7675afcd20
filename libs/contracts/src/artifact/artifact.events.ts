import { eventTypes } from '../event.js';

/**
 * Facts of one artifact or one action's log. Streams: `artifact-<project>/<artifactId>`, where artifactId is
 * UUIDv5(actionExecutionId, artifact name), and `artifact-<project>/log.<actionExecutionId>`. A released shape is never edited.
 */
export type ArtifactEvent =
  | { readonly type: 'ArtifactStored'; readonly data: ArtifactStored }
  | {
      readonly type: 'ArtifactExpired';
      readonly data: {
        readonly artifactId: string;
        readonly sha256: string;
        readonly bytes: number;
        readonly reason: string;
      };
    }
  | { readonly type: 'LogClosed'; readonly data: LogClosed }
  | {
      readonly type: 'LogExpired';
      readonly data: { readonly actionExecutionId: string; readonly bytes: number; readonly reason: string };
    };

interface Producer {
  readonly executionId: string;
  readonly pipelineName: string;
  readonly stage: string;
  readonly action: string;
  readonly actionExecutionId: string;
}

export interface ArtifactStored extends Producer {
  readonly artifactId: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface LogClosed extends Producer {
  readonly bytes: number;
  readonly sha256: string;
  readonly dropped: number;
}

export const artifactEventTypes = eventTypes<ArtifactEvent['type']>('artifact', {
  ArtifactStored: 1,
  ArtifactExpired: 1,
  LogClosed: 1,
  LogExpired: 1,
});
