import type { EventMetadata } from '@millrace/contracts';
import { chainHash } from './encoding.js';
import { NEW_STREAM, type Position } from './event-store.js';

/** An event as it lies on the disk, with what the engine says about it. */
export interface StoredEvent {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly metadataBytes: Uint8Array;
  readonly dataBytes: Uint8Array;
  readonly hash: string;
  /** Stored hash of the stream's previous revision; undefined where that is missing. For revision 0 that of {@link NEW_STREAM}. */
  readonly previousHash: string | undefined;
}

/** A promise of the log that does not hold. */
export interface LogFault {
  /** Absent where a fault has no place in the log, e.g. in an index. */
  readonly position?: Position;
  readonly stream?: string;
  readonly revision?: number;
  /** For people. */
  readonly problem: string;
  /** Witnesses have seen what the log does not hold. */
  readonly witnessed?: true;
}

/** A page of stored events; what could not be read is named instead. */
export interface StoredPage {
  readonly events: readonly StoredEvent[];
  readonly faults: readonly LogFault[];
  /** Everything up to here was looked at. */
  readonly checkpoint: Position;
  readonly isLast: boolean;
}

/** What an engine offers to a verifier: bytes, not promises. Those of a server take their time. */
export interface VerifiableLog {
  /** What the engine itself and the witnesses have to say, e.g. about its indexes. */
  selfCheck(): readonly LogFault[] | Promise<readonly LogFault[]>;
  readStored(after: Position, limit: number): StoredPage | Promise<StoredPage>;
}

/** One that lies in a file of this machine. */
export interface StoredLog extends VerifiableLog {
  selfCheck(): readonly LogFault[];
  readStored(after: Position, limit: number): StoredPage;
}

/** What was looked at so far. */
export interface VerifyProgress {
  readonly events: number;
  readonly position: Position;
  /** Found since the last step. */
  readonly faults: readonly LogFault[];
}

const PAGE_EVENTS = 500;

/**
 * Recomputes every hash from the stored bytes, and compares what the metadata says with where it stands. Needs no running server.
 *
 * A step for each page, so that the caller can show progress, pause or stop. The log is sound if no step holds a fault.
 */
export async function* verifyLog(log: VerifiableLog): AsyncGenerator<VerifyProgress, void, void> {
  yield { events: 0, position: 0n, faults: await log.selfCheck() };
  let events = 0;
  let position: Position = 0n;
  for (;;) {
    const page = await log.readStored(position, PAGE_EVENTS);
    events += page.events.length;
    position = page.checkpoint;
    yield { events, position, faults: [...page.faults, ...page.events.flatMap(faultsOf)] };
    if (page.isLast) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function faultsOf(event: StoredEvent): readonly LogFault[] {
  const { position, stream, revision, metadataBytes, dataBytes, hash } = event;
  const fault = (problem: string): LogFault => ({ position, stream, revision, problem });
  const previous = revision === 0 ? NEW_STREAM.hash : event.previousHash;
  if (previous === undefined) return [fault(`revision ${revision - 1} of the stream is missing`)];
  if (chainHash(previous, metadataBytes, dataBytes) !== hash)
    return [fault('the hash does not match the stored bytes and the hash of the predecessor')];
  const metadata = parse(metadataBytes);
  if (metadata === undefined || parse(dataBytes) === undefined) return [fault('the stored bytes are no JSON')];
  return metadata.stream === stream && metadata.revision === revision
    ? []
    : [fault(`the metadata says revision ${metadata.revision} of ${metadata.stream}`)];
}

function parse(bytes: Uint8Array): EventMetadata | undefined {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as EventMetadata;
  } catch {
    return undefined;
  }
}
