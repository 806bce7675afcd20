import type { Category, EventMetadata, JsonObject, StreamName } from '@millrace/contracts';
import type { Position, RecordedEvent } from '@millrace/event-store';
import type { IHeaders, KafkaMessage, Message as Record } from 'kafkajs';
import { keyOf } from '../attempts.js';
import type { TopicOwner } from './topics.js';

/** An event as it stands on a topic, and what the relay says of itself. */
export interface RelayedEvent {
  readonly event: RecordedEvent;
  readonly logId: string;
  /** Everything up to here stood on all partitions before this event was sent (docs/decisions/0017). */
  readonly batchFrom: Position;
}

/** The context that its types are named after, where it is not the category. */
const CONTEXTS: Partial<Readonly<{ [category in Category]: string }>> = {
  pipeline: 'pipeline-definition',
  actiontype: 'pipeline-definition',
  webhook: 'pipeline-definition',
  token: 'access',
};

/** A CloudEvent in Kafka's binary mode: the value is the event's own data, everything else is in headers. */
export function toRecord({ event, logId, batchFrom }: RelayedEvent, owner: TopicOwner): Record {
  const { metadata } = event;
  const key = keyOf(event);
  return {
    key,
    value: JSON.stringify(event.data),
    // When it happened, so that a topic can be searched by time.
    timestamp: String(Date.parse(metadata.time)),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: metadata.id,
      ce_source: `/millrace/${owner}`,
      ce_type: `millrace.${CONTEXTS[event.category] ?? event.category}.${event.type}.v${event.version}`,
      ce_subject: event.stream,
      ce_time: metadata.time,
      ce_partitionkey: key,
      ...(metadata.traceparent === undefined ? {} : { ce_traceparent: metadata.traceparent }),
      ce_category: event.category,
      ce_position: String(event.position),
      ce_hash: event.hash,
      ce_metadata: JSON.stringify(metadata),
      ce_logid: logId,
      ce_batchfrom: String(batchFrom),
    },
  };
}

/** @throws Error when it was not written by a relay of ours. */
export function fromRecord({ value, headers }: Pick<KafkaMessage, 'value' | 'headers'>): RelayedEvent {
  const text = (name: string): string => headerOf(headers, name) ?? notOurs(name);
  const metadata = JSON.parse(text('ce_metadata')) as EventMetadata;
  return {
    event: {
      type: metadata.type,
      version: metadata.version,
      stream: metadata.stream as StreamName,
      category: text('ce_category') as Category,
      revision: metadata.revision,
      position: BigInt(text('ce_position')),
      data: JSON.parse(value?.toString() ?? notOurs('value')) as JsonObject,
      metadata,
      hash: text('ce_hash'),
    },
    logId: text('ce_logid'),
    batchFrom: BigInt(text('ce_batchfrom')),
  };
}

/** Some clients repeat a header: the first one counts. */
export function headerOf(headers: IHeaders | undefined, name: string): string | undefined {
  const found = headers?.[name];
  const first = Array.isArray(found) ? found[0] : found;
  return first === undefined ? undefined : first.toString();
}

function notOurs(name: string): never {
  throw new Error(`A record without ${name} was not written by a relay of Millrace.`);
}
