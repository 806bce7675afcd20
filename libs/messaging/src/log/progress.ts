import type { Position } from '@millrace/event-store';

/** A message that is handled, or waits to be. */
interface Entry {
  readonly position: Position;
  done: boolean;
}

/** Up to where everything is done, while messages end out of order. */
export class Progress {
  private entries: Entry[] = [];
  private first = 0;
  /** Everything up to here was read; what had to be handled of it is in the entries. */
  private readTo: Position;
  private passed: Position;

  constructor(start: Position) {
    this.readTo = start;
    this.passed = start;
  }

  /** Messages that are not yet passed. */
  get undone(): number {
    return this.entries.length - this.first;
  }

  /** Everything up to here is done. */
  get position(): Position {
    return this.undone === 0 ? this.readTo : this.passed;
  }

  begin(position: Position): Entry {
    if (this.undone === 0) this.passed = this.readTo;
    const entry = { position, done: false };
    this.entries.push(entry);
    return entry;
  }

  get readPosition(): Position {
    return this.readTo;
  }

  read(checkpoint: Position): void {
    this.readTo = checkpoint;
  }

  end(entry: Entry): void {
    entry.done = true;
    for (let next = this.entries[this.first]; next?.done === true; next = this.entries[this.first]) {
      this.passed = next.position;
      this.first += 1;
    }
    if (this.first === this.entries.length || this.first > 1_000) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }
}
