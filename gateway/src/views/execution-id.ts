import type { RecordedEvent } from '@millrace/event-store';

/**
 * The execution that an event is about. Traffic tells of many: which one stands in the data, while the metadata name the execution that
 * caused the decision, e.g. the one that left the stage which another may enter now.
 */
export function executionIdOf({ metadata, data }: Pick<RecordedEvent, 'metadata' | 'data'>): string | undefined {
  const named = data['executionId'];
  return typeof named === 'string' ? named : metadata.executionId;
}
