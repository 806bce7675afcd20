/** Colours and weights: `ESC [ … m`. */
const SGR = /\u001b\[[0-9;:]*m/g;
/** Operating system commands (titles, links, clipboards), device control strings, and the like: up to BEL or ST, or to the end. */
const STRINGS = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g;
/** Cursor, erase, modes. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]/g;
const OTHER_ESCAPES = /\u001b[ -/]*[0-~]?/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const ALL_CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** Somebody's name or sentence on one line, unable to move the cursor, change the title or hide what follows. */
export function plainText(text: string): string {
  return text.replace(STRINGS, '').replace(SEQUENCES, '').replace(ALL_CONTROLS, ' ');
}

/**
 * One line of an action's output, as a terminal may show it: what a carriage return overwrites is gone, colours stay where they are wanted,
 * every other sequence is dropped.
 */
export function logLine(line: string, colours: boolean): string {
  const shown = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  const kept: string[] = [];
  const marked = shown.replace(STRINGS, '').replace(SGR, (sequence) => {
    if (!colours) return '';
    kept.push(sequence);
    return '\u0000';
  });
  const clean = marked
    .replace(SEQUENCES, '')
    .replace(OTHER_ESCAPES, '')
    .split('\u0000')
    .map((part) => part.replace(CONTROLS, ''));
  if (kept.length === 0) return clean.join('');
  // What a line leaves switched on must not colour what follows.
  return `${clean.map((part, index) => part + (kept[index] ?? '')).join('')}\u001b[0m`;
}

/** Cuts text into lines; what has no end yet waits for more. */
export class LineCutter {
  #rest = '';

  /** The lines that `text` completes. A line that grows beyond `charactersMax` is cut there. */
  push(text: string, charactersMax = 16_384): readonly string[] {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    while (this.#rest.length > charactersMax) {
      parts.push(this.#rest.slice(0, charactersMax));
      this.#rest = this.#rest.slice(charactersMax);
    }
    return parts;
  }

  /** The last line, where it has no end. */
  end(): readonly string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
