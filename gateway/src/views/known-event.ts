import { tokenEventTypes, platformEventTypes, type PlatformEvent, type TokenEvent } from '@millrace/contracts/access';
import { approvalEventTypes, type ApprovalEvent } from '@millrace/contracts/approval';
import { artifactEventTypes, type ArtifactEvent } from '@millrace/contracts/artifact';
import {
  executionEventTypes,
  sourceEventTypes,
  trafficEventTypes,
  type ExecutionEvent,
  type SourceEvent,
  type TrafficEvent,
} from '@millrace/contracts/execution';
import { pipelineEventTypes, type PipelineEvent } from '@millrace/contracts/pipeline-definition';
import type { Category, EventTypes, Fact } from '@millrace/contracts';
import type { RecordedEvent } from '@millrace/event-store';

/** Every fact of the log in today's shape. */
export type KnownEvent =
  | PipelineEvent
  | TrafficEvent
  | SourceEvent
  | ExecutionEvent
  | ArtifactEvent
  | ApprovalEvent
  | TokenEvent
  | PlatformEvent;

const REGISTRIES: Partial<Record<Category, Pick<EventTypes<string>, 'decode'>>> = {
  pipeline: pipelineEventTypes,
  traffic: trafficEventTypes,
  source: sourceEventTypes,
  execution: executionEventTypes,
  artifact: artifactEventTypes,
  approval: approvalEventTypes,
  token: tokenEventTypes,
  platform: platformEventTypes,
};

/**
 * @throws RangeError for a type or version that this release does not know: the projection stops there and shows its lag (decision 7).
 */
export function knownEvent(recorded: RecordedEvent): KnownEvent {
  const registry = REGISTRIES[recorded.category];
  if (registry === undefined)
    throw new RangeError(`No reader for the streams of ${recorded.category}: written by a newer release?`);
  return registry.decode<KnownEvent & Fact>(recorded);
}
