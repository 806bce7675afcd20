import { EVENT_ID, getScalarValue, parseEvents, type Event } from 'js-yaml';

const NESTING_MAX = 64;

/** Where the members of a JSON or YAML text stand. JSON is YAML, so one reader does for both. */
export class SourceMap {
  private constructor(
    private readonly offsets: ReadonlyMap<string, number>,
    private readonly lineStarts: readonly number[],
  ) {}

  /** Never throws: of a text that can't be read it knows nothing. */
  static of(text: string): SourceMap {
    const lineStarts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
    try {
      return new SourceMap(new Reader(text).read(), lineStarts);
    } catch {
      return new SourceMap(new Map(), lineStarts);
    }
  }

  /**
   * @param path - as the platform names a member: `stages[0].actions[1].runOrder`, from the declaration's own root.
   * @returns 1-based; of the nearest member around where that one is missing; undefined when nothing is known.
   */
  lineOf(path: string): number | undefined {
    let keys = segmentsOf(path);
    if (this.offsets.has(keyOf(['pipeline', 'stages']))) keys = ['pipeline', ...keys];
    for (; keys.length > 0; keys = keys.slice(0, -1)) {
      const offset = this.offsets.get(keyOf(keys));
      if (offset !== undefined) return this.#lineAt(offset);
    }
    return undefined;
  }

  #lineAt(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

function keyOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** `stages[0].configuration["odd key"]` → stages, 0, configuration, odd key. */
export function segmentsOf(path: string): readonly string[] {
  const segments: string[] = [];
  for (const match of path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)) {
    const [, index, quoted, plain] = match;
    if (quoted !== undefined) segments.push(JSON.parse(`"${quoted}"`) as string);
    else segments.push(index ?? plain ?? '');
  }
  return segments;
}

interface Frame {
  readonly kind: 'mapping' | 'sequence' | 'document';
  readonly path: readonly string[];
  index: number;
  /** Of a mapping: the key whose value comes next. */
  key: { readonly text: string; readonly offset: number } | undefined;
}

class Reader {
  readonly #offsets = new Map<string, number>();
  readonly #frames: Frame[] = [];

  constructor(private readonly text: string) {}

  read(): ReadonlyMap<string, number> {
    for (const event of parseEvents(this.text, { maxDepth: NESTING_MAX })) this.#take(event);
    return this.#offsets;
  }

  #take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#open('document', []);
        break;
      case EVENT_ID.MAPPING:
        this.#open('mapping', this.#place(event.start));
        break;
      case EVENT_ID.SEQUENCE:
        this.#open('sequence', this.#place(event.start));
        break;
      case EVENT_ID.SCALAR:
        this.#scalar(event);
        break;
      case EVENT_ID.ALIAS:
        this.#place(event.anchorStart);
        break;
      case EVENT_ID.POP:
        this.#frames.pop();
        break;
    }
  }

  #open(kind: Frame['kind'], path: readonly string[]): void {
    this.#frames.push({ kind, path, index: 0, key: undefined });
  }

  #scalar(event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'mapping' && frame.key === undefined) {
      frame.key = { text: getScalarValue(this.text, event), offset: event.valueStart };
      return;
    }
    this.#place(event.valueStart);
  }

  /** A value begins: remembers where it (or its key) stands, and answers its path. */
  #place(offset: number): readonly string[] {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.kind === 'document') return [];
    const path = [...frame.path, frame.kind === 'sequence' ? String(frame.index) : (frame.key?.text ?? '')];
    this.#offsets.set(keyOf(path), frame.key?.offset ?? offset);
    frame.index += 1;
    frame.key = undefined;
    return path;
  }
}
