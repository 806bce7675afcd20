import { randomUUID } from 'node:crypto';
import { streams } from '@millrace/contracts';
import type { JsonObject, StreamName } from '@millrace/contracts';
import type { EventStore, NewEvent, Position } from '@millrace/event-store';

const NOON = '2026-11-24T12:00:00.000Z';

export function newEvent(type: string, data: JsonObject, version = 1): NewEvent {
  return {
    type,
    version,
    data,
    metadata: {
      id: randomUUID(),
      time: NOON,
      project: 'default',
      commandId: 'command',
      actor: { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' },
      correlationId: 'correlation',
    },
  };
}

export const execution = (key: string): StreamName => streams.execution('default', key);

/** Appends whatever the stream's revision is. */
export async function record(store: EventStore, stream: StreamName, ...events: readonly NewEvent[]): Promise<Position> {
  const { head } = await store.readStream(stream);
  return (await store.append(stream, head, events)).position;
}
