import type { EventMetadata, Fact, JsonObject } from '@millrace/contracts';
import type { ArtifactEvent, ArtifactStored, LogClosed } from '@millrace/contracts/artifact';
import type { StoredEvent, StoredLog } from '@millrace/event-store';
import { knownEvent } from '@millrace/contracts/known-event';
import { breathe, type Work } from './progress.js';

interface Held {
  readonly project: string;
  readonly stream: string;
}

export type HeldArtifact = Held & Pick<ArtifactStored, 'name' | 'executionId' | 'sha256' | 'bytes'>;
export type HeldLog = Held & Pick<LogClosed, 'executionId' | 'actionExecutionId' | 'sha256' | 'bytes'>;

/** The bytes that the log says are there: what was stored or closed, and has not expired. */
export class Holdings {
  private readonly artifactsByStream = new Map<string, HeldArtifact>();
  private readonly logsByStream = new Map<string, HeldLog>();

  /** Events of artifact streams, in their order; others are ignored. */
  add(fact: Fact, { project, stream }: Held): void {
    const event = fact as ArtifactEvent;
    switch (event.type) {
      case 'ArtifactStored': {
        const { name, executionId, sha256, bytes } = event.data;
        this.artifactsByStream.set(stream, { project, stream, name, executionId, sha256, bytes });
        return;
      }
      case 'LogClosed': {
        const { executionId, actionExecutionId, sha256, bytes } = event.data;
        // A log without a byte is closed without a file (docs/decisions/0022).
        if (bytes === 0) return;
        this.logsByStream.set(stream, { project, stream, executionId, actionExecutionId, sha256, bytes });
        return;
      }
      case 'ArtifactExpired':
        this.artifactsByStream.delete(stream);
        return;
      case 'LogExpired':
        this.logsByStream.delete(stream);
        return;
    }
  }

  get artifacts(): readonly HeldArtifact[] {
    return [...this.artifactsByStream.values()];
  }

  get logs(): readonly HeldLog[] {
    return [...this.logsByStream.values()];
  }

  holds(stream: string): boolean {
    return this.artifactsByStream.has(stream) || this.logsByStream.has(stream);
  }
}

const PAGE_EVENTS = 1_000;

/** Of everything up to the end of a log. An event that can't be read holds nothing: whoever must know of damage verifies. */
export async function holdingsOf(log: StoredLog, work: Pick<Work, 'signal'>): Promise<Holdings> {
  const holdings = new Holdings();
  for (let after = 0n, isLast = false; !isLast;) {
    await breathe(work);
    const page = log.readStored(after, PAGE_EVENTS);
    for (const event of page.events) if (event.stream.startsWith('artifact-')) addStored(holdings, event);
    ({ checkpoint: after, isLast } = page);
  }
  return holdings;
}

function addStored(holdings: Holdings, { stream, metadataBytes, dataBytes }: StoredEvent): void {
  try {
    const { type, version, project } = JSON.parse(Buffer.from(metadataBytes).toString()) as EventMetadata;
    const data = JSON.parse(Buffer.from(dataBytes).toString()) as JsonObject;
    holdings.add(knownEvent({ category: 'artifact', type, version, data }), { project, stream });
  } catch {
    // As said above.
  }
}
