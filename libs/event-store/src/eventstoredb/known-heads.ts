import type { StreamName } from '@millrace/contracts';
import type { Head } from '../event-store.js';

/** Streams whose heads are remembered. */
const HEADS_MAX = 50_000;

/**
 * Heads as they were last seen. What was once the hash of a revision is it for ever, so an entry may be old, never wrong: it spares an
 * append the read that would show whether its head is of this history.
 */
export class KnownHeads {
  private readonly heads = new Map<StreamName, Head>();

  /** Whether this head was seen at the stream. */
  holds(stream: StreamName, { revision, hash }: Head): boolean {
    return this.hashAt(stream, revision) === hash;
  }

  /** Undefined where the head that was last seen is another. */
  hashAt(stream: StreamName, revision: number): string | undefined {
    const known = this.heads.get(stream);
    return known?.revision === revision ? known.hash : undefined;
  }

  remember(stream: StreamName, head: Head): void {
    this.heads.delete(stream);
    this.heads.set(stream, head);
    if (this.heads.size <= HEADS_MAX) return;
    const oldest = this.heads.keys().next();
    if (oldest.done !== true) this.heads.delete(oldest.value);
  }
}
