import type { RunnerJobs } from '@millrace/contracts/runner';
import type { LogHead, RecordedEvent } from '@millrace/event-store';
import type { ConsumerStatus, ParkedMessage } from '@millrace/messaging';
import type { ProjectionStatus } from '@millrace/read-models';
import { toActor } from '../views/actor.presenter.js';
import { executionIdOf } from '../views/execution-id.js';

export function toEvent(event: RecordedEvent) {
  const { metadata, position, type, version, category, stream, revision, data, hash } = event;
  const { id, time, project, pipelineId, commandId, correlationId, causationId } = metadata;
  return {
    ...{ id, position, type, version, category, stream, revision, time },
    actor: toActor(metadata.actor),
    ...{ project, pipelineId, commandId, correlationId, causationId },
    executionId: executionIdOf(event),
    data,
    hash,
  };
}

/** What never changes while the process lives. */
export interface Installation {
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: string;
  readonly logId: string;
}

export interface PlatformState {
  readonly head: LogHead;
  readonly projections: readonly ProjectionStatus[];
  readonly consumers: readonly ConsumerStatus[];
  readonly parked: readonly ParkedMessage[];
  readonly work: ReturnType<RunnerJobs['status']>;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | undefined;
}

export function toPlatform({ version, nodeVersion, startedAt, logId }: Installation, state: PlatformState) {
  const { head, work, disk } = state;
  return {
    version,
    nodeVersion,
    logId,
    head: head.position,
    headHash: head.hash,
    startedAt,
    projections: state.projections.map(toProjection),
    consumers: state.consumers.map(toConsumer),
    parked: state.parked.map(toParked),
    runners: work.runners.map(toRunner),
    jobsOffered: work.offered,
    jobsLeased: work.leased,
    disk,
  };
}

function toProjection({ name, checkpoint, lag, stoppedBy }: ProjectionStatus) {
  return { name, checkpoint, lag, stoppedAt: stoppedBy?.position, stoppedBy: stoppedBy?.cause };
}

function toConsumer({ name, position, lag, parked }: ConsumerStatus) {
  return { name, position, lag, parked };
}

function toParked({ id, consumer, key, position, eventId, eventType, cause, attempts, parkedAt }: ParkedMessage) {
  return { id, consumer, key, position, eventId, eventType, cause, attempts, parkedAt };
}

function toRunner({ runnerId, name, labels, jobs, lastSeenAt }: PlatformState['work']['runners'][number]) {
  return { id: runnerId, name, labels, jobs, lastSeenAt };
}

export type Rebuilding =
  | {
      readonly accepted: true;
      readonly name: string;
      readonly documents: number;
      readonly durationMs: number;
    }
  | { readonly accepted: false; readonly code: string; readonly message: string };

export function toRebuilt(rebuilding: Rebuilding) {
  if (!rebuilding.accepted) return toPlatformRefusal(rebuilding);
  const { name, documents, durationMs } = rebuilding;
  return { __typename: 'ProjectionRebuilt' as const, name, documents, durationMs };
}

export type Settling =
  | { readonly accepted: true; readonly id: string }
  | { readonly accepted: false; readonly code: string; readonly message: string };

export function toParkedSettled(settling: Settling) {
  return settling.accepted ? { __typename: 'ParkedSettled' as const, id: settling.id } : toPlatformRefusal(settling);
}

function toPlatformRefusal({ code, message }: { readonly code: string; readonly message: string }) {
  return { __typename: 'PlatformRefused' as const, code, message };
}
