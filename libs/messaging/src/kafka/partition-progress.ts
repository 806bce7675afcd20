import type { Position } from '@millrace/event-store';

interface Entry {
  /** Where to go on when this is done. */
  readonly next: bigint;
  readonly position: Position;
  isDone: boolean;
}

export interface Progressed {
  /** Of the next record: everything before it is done. */
  readonly offset: bigint;
  /** Of the last event before it. */
  readonly position: Position;
}

/** Up to which offset everything of a partition is done, while messages end out of order. */
export class PartitionProgress {
  private entries: Entry[] = [];
  private first = 0;
  private read: Progressed | undefined;
  private passed: Progressed | undefined;

  /** Messages that are read and not yet passed. */
  get undone(): number {
    return this.entries.length - this.first;
  }

  /** What may be committed; undefined before anything was read. */
  get done(): Progressed | undefined {
    return this.undone === 0 ? this.read : this.passed;
  }

  begin(offset: bigint, position: Position): Entry {
    if (this.undone === 0) this.passed = this.read;
    const entry = { next: offset + 1n, position, isDone: false };
    this.entries.push(entry);
    return entry;
  }

  /** Everything before the offset has been begun, or needs nothing. */
  readTo(offset: bigint, position: Position): void {
    this.read = { offset, position };
  }

  end(entry: Entry): void {
    entry.isDone = true;
    for (let next = this.entries[this.first]; next?.isDone === true; next = this.entries[this.first]) {
      this.passed = { offset: next.next, position: next.position };
      this.first += 1;
    }
    if (this.first === this.entries.length || this.first > 1_000) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }
}
