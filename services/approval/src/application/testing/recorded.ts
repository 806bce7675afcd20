import type { Category, JsonObject, StreamName } from '@millrace/contracts';
import type { RecordedEvent } from '@millrace/event-store';
import { ADA, MORNING } from '../../domain/testing/approval.fixtures.js';

/** A recorded event of pipeline p1 and execution e1. */
export function recorded(category: Category, type: string, data: object): RecordedEvent {
  const stream = `${category}-default/x` as StreamName;
  return {
    type,
    version: 1,
    stream,
    category,
    revision: 0,
    position: 7n,
    data: data as JsonObject,
    hash: '0'.repeat(64),
    metadata: {
      id: 'event-1',
      type,
      version: 1,
      stream,
      revision: 0,
      time: MORNING,
      project: 'default',
      pipelineId: 'p1',
      executionId: 'e1',
      commandId: 'command-1',
      actor: ADA,
      correlationId: 'request-1',
    },
  };
}
