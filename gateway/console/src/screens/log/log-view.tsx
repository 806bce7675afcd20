import { Button, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { LogAppended, type LogAppendedResult } from '../../api/generated/operations.js';
import { useKeys } from '../../parts/keys.js';
import { useFeed } from '../../state/console-state.js';
import type { AttemptOf } from './log.screen.js';
import { LogLine } from './log-line.js';
import type { LogSnapshot, LogWindow } from './log-window.js';
import { PlaceBar } from './place-bar.js';
import { plainText } from './terminal-text.js';
import classes from './log.module.css';

const LINE_PX = 18;
const OVERSCAN = 24;
/** So many lines before an end of the window the next part is asked for. */
const AHEAD = 400;

interface LogViewProps {
  readonly log: LogWindow;
  readonly executionId: string;
  readonly attempt: AttemptOf;
  /** The byte to begin at; the end without it. */
  readonly at: number | undefined;
}

export function LogView({ log, executionId, attempt, at }: LogViewProps) {
  const shown = useSyncExternalStore(
    (listener) => log.listen(listener),
    () => log.snapshot(),
  );
  const bytes = Math.max(attempt.log?.bytes ?? 0, shown.to);
  const [isFollowing, setFollowing] = useState(at === undefined);
  const scroller = useRef<HTMLDivElement>(null);
  // Opened once; what comes later is followed or scrolled to.
  useEffect(() => void log.openAt(at ?? bytes), [log]);
  useTail({ log, shown, executionId, attempt });
  const list = useVirtualizer({
    count: shown.lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
  });
  const scrollToLine = (index: number): void => list.scrollToIndex(index, { align: 'center' });
  const search = useLogSearch(shown, (index) => {
    setFollowing(false);
    scrollToLine(index);
  });
  useScrolling({ log, shown, scroller, at, isFollowing, scrollToLine });
  const goTo = (offset: number): void => {
    setFollowing(offset >= bytes);
    void log.openAt(offset);
  };
  const follow = (): void => (shown.isAtEnd ? setFollowing(!isFollowing) : goTo(bytes));
  useKeys({ g: () => goTo(0), G: () => goTo(bytes), f: follow, n: () => search.go(1), N: () => search.go(-1) });
  const onScroll = (): void => {
    const view = scroller.current;
    if (view !== null) setFollowing(shown.isAtEnd && view.scrollTop + view.clientHeight >= view.scrollHeight - LINE_PX);
  };
  return (
    <div className={`panel ${classes.view}`}>
      <div className={classes.tools}>
        <TextInput
          size="xs"
          type="search"
          aria-label="Search in what is loaded"
          placeholder="Search in what is loaded"
          data-search
          value={search.text}
          onChange={(event) => search.change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') search.go(event.shiftKey ? -1 : 1);
          }}
        />
        <span className="quiet figures" role="status">
          {search.text === '' ? '' : `${search.matches.length} lines`}
        </span>
        <span className="spread" />
        <Button size="compact-xs" variant="default" onClick={() => goTo(0)}>
          Start
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => goTo(bytes)}>
          End
        </Button>
        <Button
          size="compact-xs"
          variant={isFollowing ? 'filled' : 'default'}
          aria-pressed={isFollowing}
          onClick={follow}
        >
          Follow
        </Button>
      </div>
      <div className={classes.body}>
        <div
          ref={scroller}
          className={classes.scroller}
          onScroll={onScroll}
          tabIndex={0}
          role="log"
          aria-label="Output"
          aria-live="off"
        >
          {shown.lines.length === 0 && !shown.isReading ? (
            <p className={classes.nothing}>
              {attempt.finishedAt === null ? 'Nothing was written yet.' : 'Nothing was written.'}
            </p>
          ) : null}
          <div className={classes.lines} style={{ height: list.getTotalSize() }}>
            {list.getVirtualItems().map(({ index, start }) => {
              const line = shown.lines[index];
              return line === undefined ? null : (
                <LogLine
                  key={line.offset}
                  line={line}
                  number={shown.dropped === undefined ? undefined : shown.dropped + index + 1}
                  top={start}
                  isChosen={line.offset === at}
                  search={search.shown}
                />
              );
            })}
          </div>
        </div>
        <PlaceBar bytes={bytes} from={shown.from} to={shown.to} onGo={goTo} />
      </div>
    </div>
  );
}

interface TailProps {
  readonly log: LogWindow;
  readonly shown: LogSnapshot;
  readonly executionId: string;
  readonly attempt: AttemptOf;
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

interface ScrollingProps {
  readonly log: LogWindow;
  readonly shown: LogSnapshot;
  readonly scroller: React.RefObject<HTMLDivElement | null>;
  readonly at: number | undefined;
  readonly isFollowing: boolean;
  readonly scrollToLine: (index: number) => void;
}

/** Keeps what is looked at where it is, sticks to the end where that is followed, and asks for more near the ends. */
function useScrolling({ log, shown, scroller, at, isFollowing, scrollToLine }: ScrollingProps): void {
  const seen = useRef({ opening: -1, shift: 0 });
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view === null || shown.lines.length === 0) return;
    if (seen.current.opening !== shown.opening) {
      seen.current = { opening: shown.opening, shift: shown.shift };
      const index = at === undefined ? -1 : shown.lines.findLastIndex(({ offset }) => offset <= at);
      if (isFollowing) view.scrollTop = view.scrollHeight;
      else if (index > 0 && shown.from <= (at ?? 0)) scrollToLine(index);
      else view.scrollTop = shown.isAtStart ? 0 : LINE_PX * Math.min(40, shown.lines.length);
    } else if (isFollowing) view.scrollTop = view.scrollHeight;
    else if (shown.shift !== seen.current.shift) view.scrollTop += (shown.shift - seen.current.shift) * LINE_PX;
    seen.current.shift = shown.shift;
  }, [shown, isFollowing]);
  useEffect(() => {
    const view = scroller.current;
    if (view === null || shown.isReading) return undefined;
    const more = (): void => {
      const below = view.scrollHeight - view.scrollTop - view.clientHeight;
      if (below < AHEAD * LINE_PX && !shown.isAtEnd) void log.extendDown();
      else if (view.scrollTop < AHEAD * LINE_PX && !shown.isAtStart && !isFollowing) void log.extendUp();
    };
    more();
    view.addEventListener('scroll', more, { passive: true });
    return () => view.removeEventListener('scroll', more);
  }, [log, shown, isFollowing]);
}

/** Lines of the window that hold a text, whatever its case. */
function useLogSearch({ lines }: LogSnapshot, bring: (index: number) => void) {
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
