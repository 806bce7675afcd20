import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { OperationalError, Timers } from '@millrace/runtime';
import type { CollectionDeclaration, Document, ReadModels } from './read-models.js';

/**
 * Folds events into documents of one collection. Pure. A document is folded from events alone, never from another document
 * (docs/decisions/0012).
 */
export interface Projection<D extends Document = Document> {
  /** `<context>.<role>.v<n>`, never reused: a new name rebuilds from the first event. */
  readonly name: string;
  readonly collection: CollectionDeclaration;
  /** The ids of the documents that the event touches; usually none or one. An id that is there twice counts once. */
  readonly touches: (event: RecordedEvent) => readonly string[];
  /** The document after the event; undefined removes it (or leaves it absent). Refuses nothing. */
  readonly fold: (document: D | undefined, event: RecordedEvent, id: string) => D | undefined;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly checkpoint: Position;
  /** Positions between the checkpoint and the log's head, as the head was when it was last seen. */
  readonly lag: number;
  /** Set when the projection met something that it does not know and has stopped (docs/decisions/0007). */
  readonly stoppedBy?: { readonly position: Position; readonly cause: string };
}

export interface ProjectorOptions {
  readonly store: EventStore;
  readonly readModels: ReadModels;
  readonly projections: readonly Projection[];
  /** Called after each batch is applied. */
  readonly onApplied?: (checkpoint: Position) => void;
  readonly onStopped?: (status: ProjectionStatus) => void;
  /** The read models were away or full; the batch is applied again after a pause, until it succeeds or the projector stops. */
  readonly onRetry?: (cause: OperationalError, attempt: number) => void;
  /** Default: the system's. */
  readonly timers?: Timers;
  /** Documents kept in memory a projection; default 2,000. */
  readonly cachedDocumentsMax?: number;
  /** Events folded at once, which is how long nothing else happens in the thread; default 500. */
  readonly batchEventsMax?: number;
  /** A named place where a test can end the process: between the fold and the write. */
  readonly fault?: (point: 'projection') => void;
}

/** Follows the log for all projections at once, each event read and decoded once. */
export interface Projector {
  /** Declares the collections and goes on from the stored checkpoints. Resolves when it follows the log, not when it has caught up. */
  start(): Promise<void>;
  /** Ends after the batch in hand; a rebuild under way is given up. It can be started again. */
  stop(): Promise<void>;
  status(): readonly ProjectionStatus[];
  /** Position that every projection has passed, stopped ones included. */
  checkpoint(): Position;
  /**
   * Resolves true as soon as every running projection has passed the position, false after `timeoutMs`, or when none runs any more.
   * A projection that has stopped holds up nobody.
   */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  /**
   * Rebuilds into a shadow, while serving, verifies and swaps it in. A projection that had stopped runs again after it.
   * Reports progress in positions; ends with the number of documents.
   *
   * @throws RangeError when there is no such projection.
   * @throws OperationalError when it is being rebuilt already (`REBUILD_RUNNING`), the projector stops, or the read models fail; what was served is served on.
   */
  rebuild(projection: string, onProgress?: (done: Position, of: Position) => void): Promise<number>;
}
