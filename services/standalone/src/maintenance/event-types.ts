import type { Category, EventTypes, Fact, JsonObject } from '@millrace/contracts';
import { platformEventTypes, tokenEventTypes } from '@millrace/contracts/access';
import { approvalEventTypes } from '@millrace/contracts/approval';
import { artifactEventTypes } from '@millrace/contracts/artifact';
import { executionEventTypes, sourceEventTypes, trafficEventTypes } from '@millrace/contracts/execution';
import { pipelineEventTypes } from '@millrace/contracts/pipeline-definition';

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

interface Stored {
  readonly type: string;
  readonly version: number;
  readonly data: JsonObject;
}

/**
 * A stored event in today's shape.
 *
 * @throws RangeError when this release has no reader for it.
 */
export function decodeEvent(category: string, event: Stored): Fact {
  const registry = REGISTRIES[category as Category];
  if (registry === undefined) throw new RangeError(`No reader for the streams of ${category}.`);
  return registry.decode<Fact>(event);
}
