import { tokenEventTypes, platformEventTypes, type PlatformEvent, type TokenEvent } from '../access/index.js';
import { approvalEventTypes, type ApprovalEvent } from '../approval/index.js';
import { artifactEventTypes, type ArtifactEvent } from '../artifact/index.js';
import {
  executionEventTypes,
  sourceEventTypes,
  trafficEventTypes,
  type ExecutionEvent,
  type SourceEvent,
  type TrafficEvent,
} from '../execution/index.js';
import { pipelineEventTypes, type PipelineEvent } from '../pipeline-definition/index.js';
import type { EventTypes, Fact } from '../event.js';
import type { JsonObject } from '../json.js';
import type { Category } from '../streams.js';

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

/** Whose facts the streams of a category hold. The categories without an entry have no events yet. */
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

/** An event as a log holds it. */
export interface StoredFact {
  readonly category: string;
  readonly type: string;
  readonly version: number;
  readonly data: JsonObject;
}

/**
 * A stored event in today's shape.
 *
 * @throws RangeError for a type or version that this release does not know: a projection stops there and shows its lag (docs/decisions/0007).
 */
export function knownEvent(stored: StoredFact): KnownEvent {
  const registry = REGISTRIES[stored.category as Category];
  if (registry === undefined)
    throw new RangeError(`No reader for the streams of ${stored.category}: written by a newer release?`);
  return registry.decode<KnownEvent & Fact>(stored);
}
