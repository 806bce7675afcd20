/** Colours and weights: `ESC [ … m`. */
const SGR = /\u001b\[[0-9;:]*m/g;
/** Operating system commands (titles, links, clipboards), device control strings, and the like: up to BEL or ST, or to the end. */
const STRINGS = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g;
/** Cursor, erase, modes. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]/g;
const OTHER_ESCAPES = /\u001b[ -/]*[0-~]?/g;
/** Also the marks that turn the direction of all that follows on the line: https://trojansource.codes. */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const ALL_CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Somebody's name or sentence on one line, unable to move the cursor, change the title or hide what follows. */
export function plainText(text: string): string {
  return text.replace(STRINGS, '').replace(SEQUENCES, '').replace(ALL_CONTROLS, ' ');
}

/** The same for a text of several lines. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}

/** A line as a terminal may show it: colours stay where they are wanted, every other sequence is dropped. */
export function shownLine(line: string, colours: boolean): string {
  const kept: string[] = [];
  const marked = line
    .replaceAll('\u0000', '')
    .replace(STRINGS, '')
    .replace(SGR, (sequence) => {
      if (!colours) return '';
      kept.push(sequence);
      return '\u0000';
    });
  return marked
    .replace(SEQUENCES, '')
    .replace(OTHER_ESCAPES, '')
    .split('\u0000')
    .map((part, index) => part.replace(CONTROLS, '') + (kept[index] ?? ''))
    .join('');
}

/** One line of an action's output: what a carriage return overwrites is gone, and what it leaves switched on colours nothing that follows. */
export function logLine(line: string, colours: boolean): string {
  const shown = shownLine(line.replace(/\r+$/, '').split('\r').at(-1) ?? '', colours);
  return shown.includes('\u001b') ? `${shown}\u001b[0m` : shown;
}

/** JSON that a terminal may show: what `JSON.stringify` leaves as it is, and a terminal takes for a command, is escaped. The value is the same. */
export function shownJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, undefined, indent) ?? 'null').replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
