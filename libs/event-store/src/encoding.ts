import { hash } from 'node:crypto';
import type { Category, EventMetadata, JsonObject, StreamName } from '@millrace/contracts';
import { APPEND_BYTES_MAX, type Head, type NewEvent } from './event-store.js';

/** An event as the JSON that is stored, and hashed as UTF-8. */
export interface EncodedEvent {
  /** What a reader of the text will get: without the members that JSON does not carry. */
  readonly metadata: EventMetadata;
  readonly data: JsonObject;
  readonly metadataText: string;
  readonly dataText: string;
  /** Of both texts as UTF-8. */
  readonly bytes: number;
  readonly hash: string;
}

/** What every adapter stores: JSON, chained to the predecessor's hash. */
export function encodeEvent(event: NewEvent, stream: StreamName, revision: number, previousHash: string): EncodedEvent {
  const metadata = { ...event.metadata, type: event.type, version: event.version, stream, revision };
  const metadataText = JSON.stringify(metadata);
  const dataText = JSON.stringify(event.data);
  return {
    metadata: isFaithful(metadata) ? metadata : (JSON.parse(metadataText) as EventMetadata),
    data: isFaithful(event.data) ? event.data : (JSON.parse(dataText) as JsonObject),
    metadataText,
    dataText,
    bytes: Buffer.byteLength(metadataText) + Buffer.byteLength(dataText),
    // JSON.stringify escapes lone surrogates, so that text and UTF-8 say the same.
    hash: hash('sha256', previousHash + metadataText + dataText, 'hex'),
  };
}

/**
 * The events of one append, chained to its head.
 *
 * @throws RangeError when there are none, or more bytes than {@link APPEND_BYTES_MAX}; the message names both sizes.
 */
export function encodeAppend(
  stream: StreamName,
  head: Head,
  events: readonly NewEvent[],
): { readonly events: readonly EncodedEvent[]; readonly bytes: number } {
  if (events.length === 0) throw new RangeError(`An append to ${stream} holds no events.`);
  let { revision, hash } = head;
  let bytes = 0;
  const encoded = events.map((event) => {
    revision += 1;
    const next = encodeEvent(event, stream, revision, hash);
    hash = next.hash;
    bytes += next.bytes;
    return next;
  });
  if (bytes > APPEND_BYTES_MAX)
    throw new RangeError(
      `An append of ${events.length} events to ${stream} has ${bytes} bytes; ${APPEND_BYTES_MAX} are allowed.`,
    );
  return { events: encoded, bytes };
}

/** Categories are letters only, so the first hyphen ends them (docs/decisions/0001); EventStoreDB filters by the same prefix. */
export function categoryOf(stream: StreamName): Category {
  return stream.slice(0, stream.indexOf('-')) as Category;
}

/** SHA-256 over the predecessor's hash (as hex text), the metadata bytes and the data bytes. */
export function chainHash(previousHash: string, metadataBytes: Uint8Array, dataBytes: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(previousHash, 'latin1'), metadataBytes, dataBytes]), 'hex');
}

/**
 * Whether JSON gives this value back as it is. Then live readers get the writer's object, which spares a parse an event;
 * else what a later reader of the text would get, so that a live fold and a replay never differ.
 */
function isFaithful(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || (Array.isArray(value) ? isFaithfulArray(value) : isFaithfulObject(value));
    default:
      return false;
  }
}

function isFaithfulArray(values: readonly unknown[]): boolean {
  // Not `every`: it skips holes, which JSON writes as null.
  for (let index = 0; index < values.length; index += 1) if (!isFaithful(values[index])) return false;
  return true;
}

function isFaithfulObject(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype || typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return false;
  for (const key of Object.keys(value)) if (!isFaithful((value as Record<string, unknown>)[key])) return false;
  return true;
}
