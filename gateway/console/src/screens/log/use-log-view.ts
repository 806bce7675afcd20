import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { LogAppended, type LogAppendedResult } from '../../api/generated/operations.js';
import { useFeed } from '../../state/console-state.js';
import type { AttemptOf } from './attempt-of.js';
import { isHeading, unfolded } from './folds.js';
import type { LogSnapshot, LogWindow } from './log-window.js';
import { plainText } from './terminal-text.js';

export const LINE_PX = 18;
const OVERSCAN = 24;
/** So many lines before an end of the window the next part is asked for. */
const AHEAD = 400;
/** Lines above a place that was gone to. */
const CONTEXT_LINES = 40;

export interface LogViewProps {
  readonly log: LogWindow;
  readonly executionId: string;
  readonly attempt: AttemptOf;
  /** The byte to begin at; the end without it. */
  readonly at: number | undefined;
}

/** The window as it is seen: its rows, whether the end is followed, and how to go elsewhere. */
export function useLogView({ log, executionId, attempt, at }: LogViewProps) {
  const shown = useSyncExternalStore(
    (listener) => log.listen(listener),
    () => log.snapshot(),
  );
  const bytes = Math.max(attempt.log?.bytes ?? 0, shown.to);
  const [isFollowing, setFollowing] = useState(at === undefined);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const rows = useMemo(() => unfolded(shown.lines, folded), [shown.lines, folded]);
  // Opened once; what comes later is followed or scrolled to.
  useEffect(() => void log.openAt(at ?? bytes), [log]);
  useTail({ log, shown, executionId, attempt });
  const goTo = (offset: number): void => {
    setFollowing(offset >= bytes);
    void log.openAt(offset);
  };
  const fold = (offset: number): void => {
    setFollowing(false);
    setFolded(toggled(folded, offset));
  };
  const foldAll = (): void => {
    setFollowing(false);
    setFolded(folded.size > 0 ? new Set() : new Set(shown.lines.filter(isHeading).map(({ offset }) => offset)));
  };
  const follow = (): void => (shown.isAtEnd ? setFollowing(!isFollowing) : goTo(bytes));
  return { shown, bytes, rows, folded, fold, foldAll, isFollowing, setFollowing, goTo, follow };
}

export type LogViewState = ReturnType<typeof useLogView>;

function toggled(set: ReadonlySet<number>, value: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

interface TailProps extends Omit<LogViewProps, 'at'> {
  readonly shown: LogSnapshot;
}

/** What is being written comes by itself, from the byte on that the window ends with: also after a lost connection. */
function useTail({ log, shown, executionId, attempt }: TailProps): void {
  const isOpen = shown.isAtEnd && attempt.log?.closed === false;
  useFeed(isOpen ? `log/${attempt.id}/${shown.opening}` : undefined, () => ({
    text: LogAppended.text,
    operationName: LogAppended.name,
    variables: () => ({ executionId, actionExecutionId: attempt.id, offset: log.snapshot().to }),
    next: (data) => log.append((data as LogAppendedResult).logAppended),
  }));
}

/** The rows that are in sight. `bring` shows a line of the window. */
export function useRows({ shown, rows }: LogViewState) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows?.length ?? shown.lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
    useFlushSync: false,
  });
  // At once, and not by the list's own way, which takes frames: more lines may come above meanwhile.
  const bring = (index: number): void => {
    const element = scroller.current;
    const row = rows?.indexOf(index) ?? index;
    if (element !== null) element.scrollTop = row * LINE_PX - element.clientHeight / 2;
  };
  return { scroller, list, bring };
}

interface ScrollingProps {
  readonly log: LogWindow;
  readonly view: LogViewState;
  readonly at: number | undefined;
  readonly rows: ReturnType<typeof useRows>;
}

/** Keeps what is looked at where it is, sticks to the end where that is followed, and asks for more near the ends. */
export function useScrolling({ log, view, at, rows: { scroller, bring } }: ScrollingProps): void {
  const { shown, isFollowing } = view;
  const seen = useRef({ opening: -1, shift: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || shown.lines.length === 0) return;
    const isNew = seen.current.opening !== shown.opening;
    const moved = shown.shift - seen.current.shift;
    seen.current = { opening: shown.opening, shift: shown.shift };
    if (isFollowing) element.scrollTop = element.scrollHeight;
    else if (isNew) showPlace(element, shown, at, bring);
    else element.scrollTop += moved * LINE_PX;
  }, [shown, isFollowing]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null || shown.isReading) return undefined;
    const more = (): void => {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      if (below < AHEAD * LINE_PX && !shown.isAtEnd) void log.extendDown();
      else if (element.scrollTop < AHEAD * LINE_PX && !shown.isAtStart && !isFollowing) void log.extendUp();
    };
    more();
    element.addEventListener('scroll', more, { passive: true });
    return () => element.removeEventListener('scroll', more);
  }, [log, shown, isFollowing]);
}

/** After an opening: the line of the address where it is in the window, else where the opening was wished. */
function showPlace(
  element: HTMLElement,
  shown: LogSnapshot,
  at: number | undefined,
  bring: (index: number) => void,
): void {
  const index = at === undefined || at < shown.from ? -1 : shown.lines.findLastIndex(({ offset }) => offset <= at);
  if (index > 0) bring(index);
  else element.scrollTop = shown.isAtStart ? 0 : LINE_PX * Math.min(CONTEXT_LINES, shown.lines.length);
}

/** Lines of the window that hold a text, whatever its case. */
export function useLogSearch({ lines }: LogSnapshot, bring: (index: number) => void) {
  const [text, setText] = useState('');
  const shown = useDeferredValue(text.toLowerCase());
  const matches = useMemo(() => {
    if (shown === '') return [];
    return lines.flatMap((line, index) => (plainText(line.text).toLowerCase().includes(shown) ? [index] : []));
  }, [lines, shown]);
  const current = useRef(-1);
  const go = (by: 1 | -1): void => {
    if (matches.length === 0) return;
    current.current = (current.current + by + matches.length) % matches.length;
    bring(matches[current.current] ?? 0);
  };
  const change = (to: string): void => {
    current.current = -1;
    setText(to);
  };
  return { text, shown, matches, go, change };
}

export type LogSearch = ReturnType<typeof useLogSearch>;
