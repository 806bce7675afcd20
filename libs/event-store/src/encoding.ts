import { createHash } from 'node:crypto';
import type { EventMetadata, StreamName } from '@millrace/contracts';
import type { NewEvent } from './event-store.js';

/** An event as the bytes that are stored, and hashed. */
export interface EncodedEvent {
  readonly metadata: EventMetadata;
  readonly metadataBytes: Buffer;
  readonly dataBytes: Buffer;
  readonly hash: string;
}

/** What every adapter stores: JSON bytes, chained to the predecessor's hash. */
export function encodeEvent(event: NewEvent, stream: StreamName, revision: number, previousHash: string): EncodedEvent {
  const metadata: EventMetadata = { ...event.metadata, type: event.type, version: event.version, stream, revision };
  const metadataBytes = Buffer.from(JSON.stringify(metadata));
  const dataBytes = Buffer.from(JSON.stringify(event.data));
  return { metadata, metadataBytes, dataBytes, hash: chainHash(previousHash, metadataBytes, dataBytes) };
}

/** SHA-256 over the predecessor's hash (as hex text), the metadata bytes and the data bytes. */
export function chainHash(previousHash: string, metadataBytes: Uint8Array, dataBytes: Uint8Array): string {
  return createHash('sha256').update(previousHash).update(metadataBytes).update(dataBytes).digest('hex');
}
