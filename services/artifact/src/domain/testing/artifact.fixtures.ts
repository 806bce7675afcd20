import type { ArtifactCommand, ArtifactEvent, ArtifactStored, LogClosed } from '@millrace/contracts/artifact';
import type { Actor } from '@millrace/decider';

export const NOON = '2026-11-24T12:00:00.000Z';
export const SERVICE: Actor = { kind: 'service', id: 'artifact', name: 'artifact', issuer: 'millrace' };

const PRODUCER = {
  executionId: 'e1',
  pipelineName: 'shop',
  stage: 'Build',
  action: 'Compile',
  actionExecutionId: 'a1',
};

export const STORED: ArtifactStored = {
  ...PRODUCER,
  artifactId: 'r1',
  name: 'App',
  sha256: 'aa'.repeat(32),
  bytes: 10,
};
export const CLOSED: LogClosed = { ...PRODUCER, sha256: 'bb'.repeat(32), bytes: 20, dropped: 0 };

export const artifactStored = (given: Partial<ArtifactStored> = {}): ArtifactEvent => ({
  type: 'ArtifactStored',
  data: { ...STORED, ...given },
});
export const logClosed = (given: Partial<LogClosed> = {}): ArtifactEvent => ({
  type: 'LogClosed',
  data: { ...CLOSED, ...given },
});

export const recordArtifact = (given: Partial<ArtifactStored> = {}): ArtifactCommand => ({
  type: 'RecordArtifact',
  data: { ...STORED, ...given },
  at: NOON,
  by: SERVICE,
});
export const expireArtifact = (reason = 'Older than 90 days.'): ArtifactCommand => ({
  type: 'ExpireArtifact',
  data: { artifactId: 'r1', reason },
  at: NOON,
  by: SERVICE,
});
export const recordLogClosed = (given: Partial<LogClosed> = {}): ArtifactCommand => ({
  type: 'RecordLogClosed',
  data: { ...CLOSED, ...given },
  at: NOON,
  by: SERVICE,
});
export const expireLog = (reason = 'Older than 90 days.'): ArtifactCommand => ({
  type: 'ExpireLog',
  data: { actionExecutionId: 'a1', reason },
  at: NOON,
  by: SERVICE,
});
