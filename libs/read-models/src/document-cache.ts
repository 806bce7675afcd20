import type { Position } from '@millrace/event-store';
import type { Document } from './read-models.js';

/** What a projection knows of a document; absent documents are known too. */
export interface KnownDocument {
  /** Of the last event folded into it; 0 for a document that never was. */
  readonly position: Position;
  readonly document: Document | undefined;
}

/** The documents that were used last, in the order of their use. */
export class DocumentCache {
  private readonly documents = new Map<string, KnownDocument>();

  constructor(private readonly documentsMax: number) {}

  get(id: string): KnownDocument | undefined {
    const known = this.documents.get(id);
    if (known === undefined) return undefined;
    this.documents.delete(id);
    this.documents.set(id, known);
    return known;
  }

  set(id: string, known: KnownDocument): void {
    this.documents.delete(id);
    this.documents.set(id, known);
    if (this.documents.size <= this.documentsMax) return;
    const [oldest] = this.documents.keys();
    if (oldest !== undefined) this.documents.delete(oldest);
  }

  clear(): void {
    this.documents.clear();
  }
}
