import type { EventBatch, Position, RecordedEvent } from '@millrace/event-store';
import { DocumentCache } from './document-cache.js';
import type { KnownDocument } from './document-cache.js';
import type { Projection } from './projector.js';
import type { DocumentWrite, ProjectionBatch, ReadModels } from './read-models.js';

/** Where a run's documents are: the served ones, or a shadow of them. */
export type RunStore = Pick<ReadModels, 'checkpoint' | 'apply' | 'getMany' | 'count'>;

export interface Stop {
  readonly position: Position;
  readonly cause: string;
}

/** What a batch of events makes of the documents. Nothing has happened yet. */
export interface Folded {
  readonly batch: ProjectionBatch;
  readonly known: ReadonlyMap<string, KnownDocument>;
  /** Documents that came, less those that went. */
  readonly added: number;
  /** The event that the projection could not fold; the batch ends before it. */
  readonly stop?: Stop;
}

const ABSENT: KnownDocument = { position: 0n, document: undefined };

interface Touch {
  readonly event: RecordedEvent;
  readonly ids: readonly string[];
}

/** One projection on its way through the log. */
export class ProjectionRun {
  private readonly cache: DocumentCache;
  private stopped: Stop | undefined;
  private passed: Position = 0n;

  constructor(
    readonly projection: Projection,
    private readonly store: RunStore,
    documentsMax: number,
  ) {
    this.cache = new DocumentCache(documentsMax);
  }

  get checkpoint(): Position {
    return this.passed;
  }

  get stoppedBy(): Stop | undefined {
    return this.stopped;
  }

  /** Forgets everything, and goes on where the store says. */
  async resume(): Promise<void> {
    this.cache.clear();
    this.stopped = undefined;
    this.passed = await this.store.checkpoint(this.projection.name);
  }

  /** Undefined when the batch holds nothing new for it. Changes nothing: it may be called again. */
  async fold(batch: EventBatch): Promise<Folded | undefined> {
    if (this.stopped !== undefined || batch.checkpoint <= this.passed) return undefined;
    const { touches, stop } = this.touches(batch.events);
    const known = await this.load(touches);
    return this.foldAll(batch.checkpoint, touches, known, stop);
  }

  /** @throws what {@link ReadModels.apply} throws; nothing has changed, and it may be called again. */
  async apply({ batch, known, stop }: Folded): Promise<void> {
    if (batch.checkpoint > this.passed) await this.store.apply(this.projection.name, batch);
    for (const { id } of batch.writes) this.cache.set(id, known.get(id) ?? ABSENT);
    if (batch.checkpoint > this.passed) this.passed = batch.checkpoint;
    if (stop !== undefined) this.stop(stop);
  }

  stop(stop: Stop): void {
    this.stopped = stop;
    this.cache.clear();
  }

  private touches(events: readonly RecordedEvent[]): { readonly touches: readonly Touch[]; readonly stop?: Stop } {
    const touches: Touch[] = [];
    for (const event of events) {
      if (event.position <= this.passed) continue;
      try {
        const ids = this.projection.touches(event);
        if (ids.length > 0) touches.push({ event, ids });
      } catch (error) {
        return { touches, stop: stopAt(event, error) };
      }
    }
    return { touches };
  }

  private async load(touches: readonly Touch[]): Promise<Map<string, KnownDocument>> {
    const known = new Map<string, KnownDocument>();
    const missing = new Set<string>();
    for (const id of touches.flatMap((touch) => touch.ids)) {
      if (known.has(id) || missing.has(id)) continue;
      const cached = this.cache.get(id);
      if (cached === undefined) missing.add(id);
      else known.set(id, cached);
    }
    if (missing.size === 0) return known;
    const ids = [...missing];
    const stored = await this.store.getMany(this.projection.collection.name, ids);
    ids.forEach((id, at) => known.set(id, stored[at] ?? ABSENT));
    return known;
  }

  private foldAll(
    checkpoint: Position,
    touches: readonly Touch[],
    known: Map<string, KnownDocument>,
    stop: Stop | undefined,
  ): Folded {
    const before = new Map<string, KnownDocument>();
    let stopped = stop;
    for (const { event, ids } of touches) {
      const after = this.foldEvent(event, ids, known);
      if (!(after instanceof Map)) {
        stopped = after;
        break;
      }
      for (const [id, next] of after) {
        before.set(id, before.get(id) ?? known.get(id) ?? ABSENT);
        known.set(id, next);
      }
    }
    const writes = [...before.keys()].map((id) => this.write(id, known.get(id) ?? ABSENT));
    const added = [...before].reduce((sum, [id, last]) => sum + presence(known.get(id)) - presence(last), 0);
    return {
      batch: { checkpoint: stopped === undefined ? checkpoint : stopped.position - 1n, writes },
      known,
      added,
      ...(stopped !== undefined && { stop: stopped }),
    };
  }

  /** All documents that the event changes, or none. */
  private foldEvent(
    event: RecordedEvent,
    ids: readonly string[],
    known: ReadonlyMap<string, KnownDocument>,
  ): Map<string, KnownDocument> | Stop {
    const after = new Map<string, KnownDocument>();
    try {
      for (const id of ids) {
        const last = known.get(id) ?? ABSENT;
        const next = this.foldOne(last, event, id);
        if (next !== last) after.set(id, next);
      }
      return after;
    } catch (error) {
      return stopAt(event, error);
    }
  }

  /** A document that is ahead of the checkpoint has the event in it already. One that the event leaves as it is, is not written again. */
  private foldOne(last: KnownDocument, event: RecordedEvent, id: string): KnownDocument {
    if (event.position <= last.position) return last;
    const document = this.projection.fold(last.document, event, id);
    return document === last.document ? last : { position: event.position, document };
  }

  private write(id: string, { position, document }: KnownDocument): DocumentWrite {
    return { collection: this.projection.collection.name, id, position, ...(document !== undefined && { document }) };
  }
}

function presence(known: KnownDocument | undefined): number {
  return known?.document === undefined ? 0 : 1;
}

function stopAt(event: RecordedEvent, error: unknown): Stop {
  const reason = Error.isError(error) ? error.message : String(error);
  return {
    position: event.position,
    cause: `${event.type} version ${event.version} of ${event.stream}: ${reason}`,
  };
}
