import { PLAIN, styleAfter, type Style } from './terminal-text.js';

export interface Part {
  readonly offset: number;
  readonly nextOffset: number;
  readonly text: string;
  readonly end: boolean;
}

export interface Line {
  /** Byte offset of its first character: its permanent name. */
  readonly offset: number;
  readonly text: string;
  readonly style: Style;
}

/** Reads a part of the log; null when there is no such log. */
export type ReadPart = (offset: number, limit: number) => Promise<Part | null>;

export interface LogSnapshot {
  readonly lines: readonly Line[];
  /** Lines that stand before `lines` in the log, where that is known: the window began at the log's first byte. */
  readonly dropped: number | undefined;
  /** Where the window begins and ends, in bytes. */
  readonly from: number;
  readonly to: number;
  readonly isReading: boolean;
  readonly isAtStart: boolean;
  /** Whether the log's last byte so far is in it. */
  readonly isAtEnd: boolean;
  /** How many lines have come before the first one since the opening, less those given up there: what is looked at moves with it. */
  readonly shift: number;
  /** New for each time that the window was opened anew. */
  readonly opening: number;
}

const PART_BYTES = 256 * 1024;
/** What the window holds at most; what is far from what is looked at is given up. */
export const LINES_MAX = 60_000;
/** A longer line is shown in pieces of this length. */
const LINE_CHARACTERS_MAX = 4_000;

const encoder = new TextEncoder();

/**
 * A window into a log of any length: contiguous lines around what is looked at, by byte offsets. It is opened at any place, grows at
 * either end, gives up the other one, and never holds the whole.
 */
export class LogWindow {
  #lines: Line[] = [];
  #from = 0;
  #to = 0;
  #partial = '';
  #style: Style = PLAIN;
  #isAtEnd = false;
  #isReading = false;
  #shift = 0;
  #dropped: number | undefined = 0;
  #opening = 0;
  #snapshot: LogSnapshot | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #read: ReadPart;

  constructor(read: ReadPart) {
    this.#read = read;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  snapshot(): LogSnapshot {
    this.#snapshot ??= {
      lines:
        this.#partial === ''
          ? [...this.#lines]
          : [...this.#lines, ...pieces(this.#partialOffset(), this.#partial, this.#style)],
      dropped: this.#dropped,
      from: this.#from,
      to: this.#to,
      isReading: this.#isReading,
      isAtStart: this.#from === 0,
      isAtEnd: this.#isAtEnd,
      shift: this.#shift,
      opening: this.#opening,
    };
    return this.#snapshot;
  }

  /**
   * Begins anew with the line that stands at or around a byte; with the last lines of what is there for `bytes`, the log's length.
   */
  async openAt(offset: number): Promise<void> {
    const began = Math.max(0, offset - PART_BYTES / 8);
    const opening = (this.#opening += 1);
    this.#begin(began);
    await this.#reading(opening, began, PART_BYTES, (part) => this.#take(began === 0 ? part : fromNextLine(part)));
  }

  async extendDown(): Promise<void> {
    if (this.#isReading || this.#isAtEnd) return;
    await this.#reading(this.#opening, this.#to, PART_BYTES, (part) => {
      // Something may have been appended meanwhile.
      if (part.offset !== this.#to) return;
      this.#take(part);
      this.#giveUpFirst();
    });
  }

  async extendUp(): Promise<void> {
    if (this.#isReading || this.#from === 0) return;
    const from = this.#from;
    const began = Math.max(0, from - PART_BYTES);
    await this.#reading(this.#opening, began, from - began, (part) => {
      if (from === this.#from) this.#takeBefore(began === 0 ? part : fromNextLine(part));
    });
  }

  /** What was appended to the log, as the subscription pushes it. What is not next to the window is no concern of it. */
  append(part: Part): void {
    if (part.offset !== this.#to) return;
    this.#take(part);
    this.#isAtEnd = true;
    this.#giveUpFirst();
    this.#tell();
  }

  #begin(offset: number): void {
    this.#lines = [];
    [this.#from, this.#to] = [offset, offset];
    [this.#partial, this.#style] = ['', PLAIN];
    this.#isAtEnd = false;
    this.#shift = 0;
    this.#dropped = offset === 0 ? 0 : undefined;
  }

  /** What is read is of no use where another place was opened meanwhile. */
  async #reading(...[opening, offset, limit, take]: [number, number, number, (part: Part) => void]): Promise<void> {
    this.#isReading = true;
    this.#tell();
    try {
      const part = await this.#read(offset, limit);
      if (opening === this.#opening && part !== null) take(part);
    } finally {
      if (opening === this.#opening) this.#isReading = false;
      this.#tell();
    }
  }

  #take(part: Part): void {
    if (this.#lines.length === 0 && this.#partial === '') [this.#from, this.#to] = [part.offset, part.offset];
    const texts = (this.#partial + part.text).split('\n');
    let offset = this.#partialOffset();
    this.#to = part.nextOffset;
    this.#partial = texts.pop() ?? '';
    for (const text of texts) {
      this.#lines.push(...pieces(offset, text, this.#style));
      this.#style = styleAfter(text, this.#style);
      offset += encoder.encode(text).length + 1;
    }
    // The platform answers less than was asked for only where there is no more yet.
    this.#isAtEnd = part.end || part.nextOffset === part.offset;
  }

  #takeBefore(part: Part): void {
    const before: Line[] = [];
    let [offset, style] = [part.offset, PLAIN];
    for (const text of part.text.replace(/\n$/, '').split('\n')) {
      before.push(...pieces(offset, text, style));
      style = styleAfter(text, style);
      offset += encoder.encode(text).length + 1;
    }
    this.#lines = [...before, ...this.#lines];
    this.#from = part.offset;
    this.#shift += before.length;
    if (this.#from === 0) this.#dropped = 0;
    if (this.#lines.length <= LINES_MAX) return;
    const [cut] = this.#lines.splice(LINES_MAX);
    this.#to = cut?.offset ?? this.#to;
    this.#partial = '';
    this.#isAtEnd = false;
  }

  #giveUpFirst(): void {
    const surplus = this.#lines.length - LINES_MAX;
    if (surplus <= 0) return;
    this.#lines.splice(0, surplus);
    this.#from = this.#lines[0]?.offset ?? this.#to;
    this.#dropped = this.#dropped === undefined ? undefined : this.#dropped + surplus;
    this.#shift -= surplus;
  }

  #partialOffset(): number {
    return this.#partial === '' ? this.#to : this.#to - encoder.encode(this.#partial).length;
  }

  #tell(): void {
    this.#snapshot = undefined;
    for (const listener of this.#listeners) listener();
  }
}

/** A part that begins within a line begins with the next one; one that is all of one line is taken as it is. */
function fromNextLine(part: Part): Part {
  const at = part.text.indexOf('\n');
  if (at < 0) return part;
  const skipped = part.text.slice(0, at + 1);
  return { ...part, offset: part.offset + encoder.encode(skipped).length, text: part.text.slice(at + 1) };
}

function pieces(offset: number, text: string, style: Style): readonly Line[] {
  if (text.length <= LINE_CHARACTERS_MAX) return [{ offset, text, style }];
  const lines: Line[] = [];
  let at = offset;
  for (let from = 0; from < text.length; from += LINE_CHARACTERS_MAX) {
    const piece = text.slice(from, from + LINE_CHARACTERS_MAX);
    lines.push({ offset: at, text: piece, style });
    at += encoder.encode(piece).length;
  }
  return lines;
}
