import { styleText } from 'node:util';

export type Paint = (text: string) => string;

export interface Style {
  readonly colours: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

type Format = Parameters<typeof styleText>[0];

export function styleOf(colours: boolean): Style {
  const paint =
    (format: Format): Paint =>
    (text) =>
      colours ? styleText(format, text, { validateStream: false }) : text;
  return {
    colours,
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}

/** https://no-color.org; `FORCE_COLOR` wins over a pipe, `NO_COLOR` over everything. */
export function wantsColours(env: Readonly<Record<string, string | undefined>>, isTTY: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

const GOOD = new Set(['Succeeded', 'Approved']);
const BAD = new Set(['Failed', 'Rejected', 'Lapsed', 'Abandoned']);
const UNDER_WAY = new Set(['InProgress', 'Stopping', 'Pending']);

/** A status in its colour; the word alone must be enough. */
export function paintStatus(style: Style, status: string, text = status): string {
  if (GOOD.has(status)) return style.green(text);
  if (BAD.has(status)) return style.red(text);
  if (UNDER_WAY.has(status)) return style.cyan(text);
  return style.yellow(text);
}

export function statusMark(status: string): string {
  if (GOOD.has(status)) return '✔';
  if (BAD.has(status)) return '✖';
  return UNDER_WAY.has(status) ? '▸' : '■';
}
