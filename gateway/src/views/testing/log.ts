import type { Category, JsonObject, StreamName } from '@millrace/contracts';
import type { Actor } from '@millrace/decider';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';
import type { KnownEvent } from '@millrace/contracts/known-event';

export const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
export const PIPELINE_ID = '11111111-1111-4111-8111-111111111111';

/** The second at which the n-th event of a test happens. */
export function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString();
}

export interface Happening {
  readonly category: Category;
  readonly event: KnownEvent;
  readonly executionId?: string;
  readonly pipelineId?: string | undefined;
  readonly causationId?: string;
  readonly actor?: Actor;
  readonly project?: string;
  readonly version?: number;
}

/** Events as the log would have recorded them: one a second. */
export function recorded(happenings: readonly Happening[]): readonly RecordedEvent[] {
  return happenings.map((happening, index) => record(happening, index));
}

function record(happening: Happening, index: number): RecordedEvent {
  const { category, event, executionId, causationId, actor = ADA, project = 'default', version = 1 } = happening;
  const stream = `${category}-${project}/x` as StreamName;
  const pipelineId = 'pipelineId' in happening ? happening.pipelineId : PIPELINE_ID;
  return {
    type: event.type,
    version,
    stream,
    category,
    revision: index,
    position: BigInt(index + 1),
    data: event.data as unknown as JsonObject,
    hash: '0'.repeat(64),
    metadata: {
      id: `event-${index}`,
      type: event.type,
      version,
      stream,
      revision: index,
      time: at(index),
      project,
      ...(pipelineId === undefined ? {} : { pipelineId }),
      ...(executionId === undefined ? {} : { executionId }),
      commandId: `command-${index}`,
      actor,
      correlationId: 'request-1',
      ...(causationId === undefined ? {} : { causationId }),
    },
  };
}

/** Folds as a projector does, through JSON as a store does, and twice the same: a fold owns nothing. */
export function foldAll<D>(projection: Projection, events: readonly RecordedEvent[]): ReadonlyMap<string, D> {
  const documents = new Map<string, D>();
  for (const event of events)
    for (const id of projection.touches(event)) {
      const before = documents.get(id);
      const frozen = before === undefined ? undefined : JSON.stringify(before);
      const after = projection.fold(before as never, event, id) as D | undefined;
      if (frozen !== undefined) expect(JSON.stringify(before)).toBe(frozen);
      if (after === undefined) documents.delete(id);
      else documents.set(id, JSON.parse(JSON.stringify(after)) as D);
    }
  return documents;
}
