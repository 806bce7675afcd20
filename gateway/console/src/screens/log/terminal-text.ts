/** What a line is shown in. Colours are names of the page's own classes, never values from the log. */
export interface Style {
  readonly colour?: string;
  readonly background?: string;
  readonly bold?: boolean;
  readonly faint?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
}

export interface Run {
  readonly text: string;
  readonly style: Style;
}

export const PLAIN: Style = {};

/** Sequences: colours (kept), then strings (titles, links, clipboard), control sequences, other escapes: all dropped. */
const SEQUENCE =
  /\u001b\[([0-9;:]*)m|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
/** Other controls; and the marks that turn the direction of what follows (https://trojansource.codes). */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** One line as runs of text in one style each, beginning in the style that the line before it has left. */
export function terminalRuns(line: string, start: Style = PLAIN): readonly Run[] {
  const runs: Run[] = [];
  let style = start;
  let from = 0;
  const shown = overwritten(line);
  const push = (to: number): void => {
    const text = shown.slice(from, to).replace(CONTROLS, '');
    if (text !== '') runs.push({ text, style });
  };
  for (const match of shown.matchAll(SEQUENCE)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = restyled(style, match[1]);
  }
  push(shown.length);
  return runs;
}

/** The style that the line leaves behind. Costs nothing for a line without sequences. */
export function styleAfter(line: string, start: Style): Style {
  if (!line.includes('\u001b[')) return start;
  let style = start;
  for (const match of line.matchAll(SEQUENCE)) if (match[1] !== undefined) style = restyled(style, match[1]);
  return style;
}

export function plainText(line: string): string {
  return overwritten(line).replace(SEQUENCE, '').replace(CONTROLS, '');
}

/** A carriage return writes over what was there: of a progress bar the last state is what is left. */
function overwritten(line: string): string {
  const whole = line.endsWith('\r') ? line.replace(/\r+$/, '') : line;
  return whole.slice(whole.lastIndexOf('\r') + 1);
}

function restyled(style: Style, parameters: string): Style {
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number);
  let next: Style = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(codes, index);
      next = { ...next, ...(code === 38 ? { colour } : { background: colour }) };
      index += used;
    } else next = simple(next, code);
  }
  return next;
}

const SWITCHES: Readonly<Record<number, Style>> = {
  1: { bold: true },
  2: { faint: true },
  3: { italic: true },
  4: { underline: true },
  22: { bold: false, faint: false },
  23: { italic: false },
  24: { underline: false },
};

function simple(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  const change = SWITCHES[code];
  if (change !== undefined) return { ...style, ...change };
  if (code === 39) return without(style, 'colour');
  if (code === 49) return without(style, 'background');
  return coloured(style, code);
}

function coloured(style: Style, code: number): Style {
  const name = NAMES[code % 10];
  if (name === undefined) return style;
  if (code >= 30 && code < 38) return { ...style, colour: name };
  if (code >= 40 && code < 48) return { ...style, background: name };
  if (code >= 90 && code < 98) return { ...style, colour: `bright-${name}` };
  return code >= 100 && code < 108 ? { ...style, background: `bright-${name}` } : style;
}

function without(style: Style, key: 'colour' | 'background'): Style {
  return Object.fromEntries(Object.entries(style).filter(([name]) => name !== key));
}

/** 256 and true colours become the nearest of the sixteen: a log may not choose what can't be read in one of the themes. */
function extended(codes: readonly number[], at: number): { readonly colour: string; readonly used: number } {
  if (codes[at + 1] === 5) return { colour: ofPalette(codes[at + 2] ?? 0), used: 2 };
  const [red = 0, green = 0, blue = 0] = codes.slice(at + 2, at + 5);
  return { colour: nearest(red, green, blue), used: 4 };
}

function ofPalette(index: number): string {
  const name = NAMES[index % 8] ?? 'white';
  if (index < 8) return name;
  if (index < 16) return `bright-${name}`;
  if (index >= 232) return nearest((index - 232) * 10 + 8, (index - 232) * 10 + 8, (index - 232) * 10 + 8);
  const cube = index - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function nearest(red: number, green: number, blue: number): string {
  const strongest = Math.max(red, green, blue);
  if (strongest < 60) return 'bright-black';
  const bit = (value: number): number => (value > strongest * 0.6 ? 1 : 0);
  const name = NAMES[bit(red) + 2 * bit(green) + 4 * bit(blue)] ?? 'white';
  return strongest > 200 ? `bright-${name}` : name;
}
