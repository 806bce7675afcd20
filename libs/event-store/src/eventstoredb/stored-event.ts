import type { JSONEventData, JSONEventType, ResolvedEvent } from '@eventstore/db-client';
import { CATEGORIES, type EventMetadata, type JsonObject, type StreamName } from '@millrace/contracts';
import { OperationalError } from '@millrace/runtime';
import { categoryOf, type EncodedEvent } from '../encoding.js';
import type { Position, RecordedEvent } from '../event-store.js';
import { foreignEvent } from './failures.js';

/**
 * The metadata as they lie in EventStoreDB: ours, and before them the hash, which is no part of what is hashed. Data and metadata are
 * JSON, so that the engine's own tools show them; the client's round trip keeps their bytes (docs/decisions/0044).
 */
export interface StoredMetadata extends EventMetadata {
  readonly hash: string;
}

type StoredEventType = JSONEventType<string, JsonObject, StoredMetadata>;

/** What an older server says where it knows no position. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

const CATEGORY_NAMES: ReadonlySet<string> = new Set(CATEGORIES);

export function toStored(event: EncodedEvent): JSONEventData<StoredEventType> {
  return {
    id: storedId(event.hash),
    contentType: 'application/json',
    type: event.metadata.type,
    data: event.data,
    metadata: { hash: event.hash, ...event.metadata },
  };
}

/**
 * The engine knows a repeat by its ids alone and answers it with success, whatever it holds. So its id is made of the hash (a UUID of
 * version 8): what it takes for a repeat is then the same, byte for byte, on the same predecessor. Ours is `metadata.id`.
 */
export function storedId(hash: string): string {
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Whether an event of `$all` belongs to the log: the engine writes its own, too. */
export function isOfLog(resolved: Pick<ResolvedEvent, 'event'>): boolean {
  const stream = resolved.event?.streamId ?? '';
  return stream.includes('-') && CATEGORY_NAMES.has(categoryOf(stream as StreamName));
}

/** Where an event stands in the order of everything: its commit position. Prepare and commit are equal for every append that we can make. */
export function positionOf({ event, commitPosition }: Pick<ResolvedEvent, 'event' | 'commitPosition'>): Position {
  const position = event?.position?.commit ?? commitPosition;
  if (position === undefined || position === NO_POSITION)
    throw new OperationalError(
      'The event store does not tell positions when a stream is read: it is older than 22.6.',
      {
        retryable: false,
        code: 'STORE_TOO_OLD',
      },
    );
  return position;
}

/** @throws OperationalError `STORE_NOT_OURS` for an event that Millrace has not written. */
export function toRecorded(resolved: ResolvedEvent): RecordedEvent {
  const { event } = resolved;
  if (event === undefined) throw foreignEvent('a stream', -1, 'is a link to nothing');
  const { hash, ...metadata } = (event.metadata ?? {}) as Partial<StoredMetadata>;
  const isOurs = event.isJson && typeof hash === 'string' && typeof metadata.version === 'number';
  if (!isOurs) throw foreignEvent(event.streamId, event.revision, 'was not written by Millrace');
  const revision = Number(event.revision);
  if (metadata.revision !== revision || metadata.stream !== event.streamId)
    throw foreignEvent(event.streamId, revision, `says that it is revision ${metadata.revision} of ${metadata.stream}`);
  const stream = event.streamId as StreamName;
  return {
    type: event.type,
    version: metadata.version ?? 0,
    stream,
    category: categoryOf(stream),
    revision,
    position: positionOf(resolved),
    data: event.data as JsonObject,
    metadata: metadata as EventMetadata,
    hash,
  };
}
