import { useMediaQuery } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { useKeys } from '../../parts/keys.js';
import classes from './dashboard.module.css';
import { PipelineTableRow } from './pipeline-row.js';
import type { Row } from './rows.js';

const ROW_PX = 58;
const NARROW_ROW_PX = 104;
const OVERSCAN = 8;

/** Only the rows in sight are there, however many there are. */
export function PipelineTable({ rows }: { readonly rows: readonly Row[] }) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(body.current?.offsetTop ?? 0), []);
  const isNarrow = useMediaQuery('(max-width: 720px)') ?? false;
  const height = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin: top,
    // The browser may paint before the rows are there: it scrolls on, instead of waiting for them.
    useFlushSync: false,
    getItemKey: (index) => rows[index]?.row.id ?? index,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
  useRowKeys(rows.length, (index) => virtualizer.scrollToIndex(index, { align: 'auto' }));
  return (
    <div role="table" aria-label="Pipelines" aria-rowcount={rows.length + 1} className={`panel ${classes.table}`}>
      <div role="row" aria-rowindex={1} className={classes.columns}>
        <span role="columnheader">Pipeline</span>
        <span role="columnheader">Stages</span>
        <span role="columnheader">Last runs</span>
        <span role="columnheader">Started</span>
      </div>
      <div role="rowgroup" ref={body} className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <PipelineTableRow
              key={item.key}
              row={row}
              index={item.index}
              top={item.start - top}
              height={height}
              isMoving={virtualizer.isScrolling}
            />
          );
        })}
      </div>
    </div>
  );
}

/** j and k go from row to row, and bring it into sight. */
function useRowKeys(count: number, bring: (index: number) => void): void {
  const go = (by: number): void => {
    const here = document.activeElement?.closest<HTMLElement>('[data-index]')?.dataset['index'];
    const next = Math.min(Math.max(here === undefined ? (by > 0 ? 0 : count - 1) : Number(here) + by, 0), count - 1);
    bring(next);
    // At once where it is there, so that Enter opens what j has come to; else when the list has been scrolled.
    if (!focusRow(next)) requestAnimationFrame(() => focusRow(next));
  };
  useKeys({ j: () => go(1), k: () => go(-1) });
}

function focusRow(index: number): boolean {
  const link = document.querySelector<HTMLElement>(`[data-index="${index}"] a`);
  link?.focus();
  return link !== null;
}
