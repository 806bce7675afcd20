import { stripVTControlCharacters } from 'node:util';

/**
 * Lines of aligned columns. Cells hold no line breaks.
 *
 * @param widthMax - of a whole line, in characters; the last column is cut to fit. Default: no limit.
 */
export function table(rows: readonly (readonly string[])[], widthMax = Number.POSITIVE_INFINITY): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  return rows.map((row) => {
    const padded = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
    );
    return cut(padded.join('  ').trimEnd(), widthMax);
  });
}

function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}

function cut(line: string, widthMax: number): string {
  if (widthOf(line) <= widthMax) return line;
  let room = widthMax - 1;
  let kept = '';
  // Sequences take no room; a cut line ends switched off.
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b')) {
      kept += part;
      continue;
    }
    const characters = [...part];
    kept += characters.slice(0, room).join('');
    room -= Math.min(room, characters.length);
  }
  return `${kept}…`;
}
