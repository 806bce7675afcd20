import { Button, TextInput } from '@mantine/core';
import { useLocation } from 'wouter';
import { useKeys } from '../../parts/keys.js';
import { isHeading } from './folds.js';
import { LogLine } from './log-line.js';
import { PlaceBar } from './place-bar.js';
import {
  LINE_PX,
  useLogSearch,
  useLogView,
  useRows,
  useScrolling,
  type LogSearch,
  type LogViewProps,
  type LogViewState,
} from './use-log-view.js';
import classes from './log.module.css';

const BUTTON = { size: 'compact-sm', variant: 'default' } as const;

export function LogView(props: LogViewProps) {
  const { log, attempt, at } = props;
  const view = useLogView(props);
  const { shown, bytes, goTo, follow } = view;
  const rows = useRows(view);
  const search = useLogSearch(shown, (index) => {
    view.setFollowing(false);
    rows.bring(index);
  });
  useScrolling({ log, view, at, rows });
  const link = useLineLink(view, rows);
  useKeys({
    ...{ g: () => goTo(0), G: () => goTo(bytes), f: follow, l: link, z: view.foldAll },
    ...{ n: () => search.go(1), N: () => search.go(-1) },
  });
  const nothing = attempt.finishedAt === null ? 'Nothing was written yet.' : 'Nothing was written.';
  return (
    <div className={`panel ${classes.view}`}>
      <Tools view={view} search={search} onLink={link} />
      <div className={classes.body}>
        <div
          ref={rows.scroller}
          className={classes.scroller}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
            // While another place is being opened it is not the reader who scrolls.
            if (shown.isReading || shown.lines.length === 0) return;
            view.setFollowing(shown.isAtEnd && scrollTop + clientHeight >= scrollHeight - LINE_PX);
          }}
          tabIndex={0}
          role="log"
          aria-label="Output"
          aria-live="off"
        >
          {shown.lines.length === 0 && !shown.isReading ? <p className={classes.nothing}>{nothing}</p> : null}
          <Lines view={view} rows={rows} at={at} search={search.shown} />
        </div>
        <PlaceBar bytes={bytes} from={shown.from} to={shown.to} onGo={goTo} />
      </div>
    </div>
  );
}

interface LinesProps {
  readonly view: LogViewState;
  readonly rows: ReturnType<typeof useRows>;
  readonly at: number | undefined;
  readonly search: string;
}

function Lines({ view: { shown, rows, folded, fold }, rows: { list }, at, search }: LinesProps) {
  return (
    <div className={classes.lines} style={{ height: list.getTotalSize() }}>
      {list.getVirtualItems().map(({ index: row, start }) => {
        const index = rows?.[row] ?? row;
        const line = shown.lines[index];
        return line === undefined ? null : (
          <LogLine
            key={line.offset}
            line={line}
            number={shown.dropped === undefined ? undefined : shown.dropped + index + 1}
            top={start}
            isChosen={line.offset === at}
            search={search}
            fold={isHeading(line) ? (folded.has(line.offset) ? 'closed' : 'open') : undefined}
            onFold={fold}
          />
        );
      })}
    </div>
  );
}

/** Puts the line at the top of what is seen into the address. */
function useLineLink({ shown, rows: visible }: LogViewState, { scroller }: ReturnType<typeof useRows>): () => void {
  const [, navigate] = useLocation();
  return () => {
    const row = Math.ceil((scroller.current?.scrollTop ?? 0) / LINE_PX);
    const line = shown.lines[visible?.[row] ?? row];
    if (line !== undefined) navigate(`${location.pathname}?at=${line.offset}`, { replace: true });
  };
}

interface ToolsProps {
  readonly view: LogViewState;
  readonly search: LogSearch;
  readonly onLink: () => void;
}

function Tools({ view, search, onLink }: ToolsProps) {
  const { bytes, isFollowing, goTo, follow, folded, foldAll } = view;
  return (
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
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span className="quiet figures" role="status">
        {search.text === '' ? '' : `${search.matches.length} lines`}
      </span>
      <span className="spread" />
      <Button {...BUTTON} onClick={foldAll} aria-pressed={folded.size > 0}>
        Fold
      </Button>
      <Button {...BUTTON} onClick={onLink}>
        Link to here
      </Button>
      <Button {...BUTTON} onClick={() => goTo(0)}>
        Start
      </Button>
      <Button {...BUTTON} onClick={() => goTo(bytes)}>
        End
      </Button>
      <Button {...BUTTON} variant={isFollowing ? 'filled' : 'default'} aria-pressed={isFollowing} onClick={follow}>
        Follow
      </Button>
    </div>
  );
}
