import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { CollectionDeclaration, Document, ReadModels } from './read-models.js';

/**
 * Folds events into documents of one collection. Pure. A document is folded from events alone, never from another document
 * (docs/decisions/0012).
 */
export interface Projection<D extends Document = Document> {
  /** `<context>.<role>.v<n>`, never reused: a new name rebuilds from the first event. */
  readonly name: string;
  readonly collection: CollectionDeclaration;
  /** The ids of the documents that the event touches; usually none or one. */
  readonly touches: (event: RecordedEvent) => readonly string[];
  /** The document after the event; undefined removes it (or leaves it absent). Refuses nothing. */
  readonly fold: (document: D | undefined, event: RecordedEvent, id: string) => D | undefined;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly checkpoint: Position;
  /** Events between the checkpoint and the log's head. */
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
  /** Documents kept in memory a projection; default 2,000. */
  readonly cachedDocumentsMax?: number;
  /** A named place where a test can end the process: between the fold and the write. */
  readonly fault?: (point: 'projection') => void;
}

/** Follows the log for all projections at once, each event read and decoded once. */
export interface Projector {
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): readonly ProjectionStatus[];
  /** Position that every projection has passed. */
  checkpoint(): Position;
  /** Resolves true when every (running) projection has passed the position, false after `timeoutMs`. */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  /** Rebuilds into a shadow, while serving, and swaps it in. Reports progress in events; ends with the number of documents. */
  rebuild(projection: string, onProgress?: (done: Position, of: Position) => void): Promise<number>;
}

export function createProjector(_options: ProjectorOptions): Projector {
  throw new Error('Written by the room of the read models.');
}
