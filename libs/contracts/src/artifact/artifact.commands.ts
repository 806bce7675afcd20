import type { Command } from '@millrace/decider';
import type { ArtifactStored, LogClosed } from './artifact.events.js';

/** Target of the message bus: `artifact`. */
export type ArtifactCommand =
  | Command<'RecordArtifact', ArtifactStored>
  | Command<'ExpireArtifact', { readonly artifactId: string; readonly reason: string }>
  | Command<'RecordLogClosed', LogClosed>
  | Command<'ExpireLog', { readonly actionExecutionId: string; readonly reason: string }>;

export type ArtifactRefusal =
  /** The same attempt stored other bytes under this name. */
  'ARTIFACT_DIFFERS' | 'ARTIFACT_NOT_FOUND' | 'LOG_NOT_FOUND';
