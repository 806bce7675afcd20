import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Line } from './log-window.js';
import { plainText, terminalRuns, type Style } from './terminal-text.js';
import classes from './log.module.css';

interface LogLineProps {
  readonly line: Line;
  /** From 1; undefined where the log was not read from its beginning. */
  readonly number: number | undefined;
  readonly top: number;
  readonly isChosen: boolean;
  /** In lower case; empty for none. */
  readonly search: string;
  /** Of a heading: whether what it heads is seen. */
  readonly fold: 'open' | 'closed' | undefined;
  readonly onFold: (offset: number) => void;
}

export const LogLine = memo(function LogLine({ line, number, top, isChosen, search, fold, onFold }: LogLineProps) {
  return (
    <div className={classes.line} style={{ transform: `translateY(${top}px)` }} data-chosen={isChosen}>
      <Link
        href={`?at=${line.offset}`}
        replace
        // A tab stop for each line would be a trap: `l` and the button do the same for the line at the top.
        tabIndex={-1}
        className={classes.number}
        aria-label={`Link to line ${number ?? `at byte ${line.offset}`}`}
      >
        {number ?? '·'}
      </Link>
      <span className={classes.gutter}>
        {fold === undefined ? null : (
          <button
            type="button"
            tabIndex={-1}
            aria-expanded={fold === 'open'}
            aria-label={`Output of ${plainText(line.text)}`}
            onClick={() => onFold(line.offset)}
          >
            {fold === 'open' ? '▾' : '▸'}
          </button>
        )}
      </span>
      <span className={classes.text}>
        {terminalRuns(line.text, line.style).map(({ text, style }, index) => (
          <span key={index} className={classOf(style)}>
            {search === '' ? text : marked(text, search)}
          </span>
        ))}
      </span>
    </div>
  );
});

function classOf({ colour, background, bold, faint, italic, underline }: Style): string | undefined {
  const names = [
    colour === undefined ? '' : classes[`fg-${colour}`],
    background === undefined ? '' : classes[`bg-${background}`],
    bold === true ? classes['bold'] : '',
    faint === true ? classes['faint'] : '',
    italic === true ? classes['italic'] : '',
    underline === true ? classes['underline'] : '',
  ].filter((name) => name !== undefined && name !== '');
  return names.length === 0 ? undefined : names.join(' ');
}

function marked(text: string, search: string): ReactNode {
  const found: ReactNode[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  // A text whose lower case is of another length can't be marked by place.
  if (lower.length !== text.length) return text;
  for (let at = lower.indexOf(search); at >= 0; at = lower.indexOf(search, from)) {
    found.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  return found.length === 0 ? text : [...found, text.slice(from)];
}
