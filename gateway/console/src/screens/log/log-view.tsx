import { Button, TextInput } from '@mantine/core';
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
  useKeys({ g: () => goTo(0), G: () => goTo(bytes), f: follow, n: () => search.go(1), N: () => search.go(-1) });
  const nothing = attempt.finishedAt === null ? 'Nothing was written yet.' : 'Nothing was written.';
  return (
    <div className={`panel ${classes.view}`}>
      <Tools view={view} search={search} />
      <div className={classes.body}>
        <div
          ref={rows.scroller}
          className={classes.scroller}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) =>
            view.setFollowing(shown.isAtEnd && scrollTop + clientHeight >= scrollHeight - LINE_PX)
          }
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

function Tools({ view, search }: { readonly view: LogViewState; readonly search: LogSearch }) {
  const { bytes, isFollowing, goTo, follow } = view;
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
  );
}
