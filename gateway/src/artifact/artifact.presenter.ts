import type { LogState } from '@millrace/action-logs';
import { wholeCharacters } from '../live/log-tail.js';
import type { ArtifactDocument } from './artifact.document.js';

export function toArtifact(artifact: ArtifactDocument) {
  const { artifactId, name, sha256, bytes, pipelineName, executionId, stage, action, actionExecutionId } = artifact;
  const { storedAt, expiredAt, expiredReason } = artifact;
  return {
    id: artifactId,
    ...{ name, sha256, bytes, pipelineName, executionId, stage, action, actionExecutionId },
    ...{ storedAt, expiredAt, expiredReason },
    downloadPath: expiredAt === undefined ? `/artifacts/${artifactId}` : null,
  };
}

export interface LogView {
  readonly bytes: number;
  readonly closed: boolean;
  readonly dropped: number;
  readonly sha256?: string;
  readonly expiredAt?: string;
}

/**
 * Of a log that is recorded as closed, and of one without a byte whose action has ended: of that nothing is recorded
 * (docs/decisions/0022). An action's bytes are here before its end is.
 */
export function isComplete(
  { log, finishedAt }: { readonly log?: object; readonly finishedAt?: string | undefined },
  { bytes, closed }: Pick<LogState, 'bytes' | 'closed'>,
): boolean {
  return closed || log !== undefined || (finishedAt !== undefined && bytes === 0);
}

export function toLogInfo(actionExecutionId: string, { bytes, closed, dropped, sha256, expiredAt }: LogView) {
  return { actionExecutionId, bytes, closed, dropped, sha256, expiredAt };
}

/**
 * A part of a log as text, cut between characters. Bytes that only began a character when the log was closed are shown as they are.
 */
export function toLogChunk(offset: number, { bytes, state }: { readonly bytes: Uint8Array; readonly state: LogState }) {
  const isLast = offset + bytes.length >= state.bytes;
  const whole = wholeCharacters(bytes);
  // A part too small for one whole character must still lead on.
  const length = (isLast && state.closed) || (whole === 0 && !isLast) ? bytes.length : whole;
  return {
    offset,
    nextOffset: offset + length,
    text: Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8'),
    end: state.closed && offset + length >= state.bytes,
  };
}
