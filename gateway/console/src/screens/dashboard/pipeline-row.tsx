import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { Link } from 'wouter';
import { ask } from '../../api/client.js';
import { PipelineRuns, type PipelineRow, type PipelineRunsResult } from '../../api/generated/operations.js';
import { Age, Until } from '../../parts/age.js';
import { stageLook, type PipelineLook } from '../../parts/look.js';
import { StatusMark, StatusText } from '../../parts/status-mark.js';
import classes from './dashboard.module.css';
import { Sparkline } from './sparkline.js';
import type { Row } from './rows.js';

interface PipelineTableRowProps {
  readonly row: Row;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  /** While the list is on the move nothing is asked for. */
  readonly isMoving: boolean;
}

/** Rendered once for as long as nothing of it changes: a list that is scrolled makes only the rows that come into sight. */
export const PipelineTableRow = memo(function PipelineTableRow({
  row: { row, look },
  index,
  top,
  height,
  isMoving,
}: PipelineTableRowProps) {
  const [isSettled, setSettled] = useState(!isMoving);
  if (!isMoving && !isSettled) setSettled(true);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      data-urgency={look.urgency}
      className={classes.row}
      style={{ height, transform: `translateY(${top}px)` }}
    >
      <div role="cell" className={classes.name}>
        <Link href={`/pipelines/${encodeURIComponent(row.name)}`} className="cut-off" title={row.name}>
          {row.name}
        </Link>
        <Headline look={look} />
      </div>
      {isSettled && row.latestExecution !== null ? <CellsWithRuns row={row} /> : <Cells row={row} runs={undefined} />}
      <div role="cell" className={`quiet ${classes.started}`}>
        {row.latestExecution === null ? 'never' : <Age since={row.latestExecution.startedAt} />}
      </div>
    </div>
  );
});

function Headline({ look }: { readonly look: PipelineLook }) {
  return (
    <span className={classes.word}>
      <StatusText look={look.look}>{look.word}</StatusText>
      {look.since === undefined ? null : (
        <span className="quiet">
          <Age since={look.since} />
          {look.until === undefined ? null : (
            <>
              , expires <Until at={look.until} />
            </>
          )}
        </span>
      )}
    </span>
  );
}

function CellsWithRuns({ row }: { readonly row: PipelineRow }) {
  return <Cells row={row} runs={useRuns(row)} />;
}

function Cells({ row, runs }: { readonly row: PipelineRow; readonly runs: Runs | undefined }) {
  return (
    <>
      <div role="cell" className={classes.stages}>
        {row.stages.map((stage) => (
          <Stage key={stage.name} stage={stage} revision={revisionIn(stage, runs)} />
        ))}
      </div>
      <div role="cell" className={classes.runs}>
        <Sparkline runs={runs?.executions.nodes ?? []} />
      </div>
    </>
  );
}

type Runs = NonNullable<PipelineRunsResult['pipeline']>;

/** Asked for when the row comes into sight, and again when something has run. */
function useRuns({ id, latestExecution, stages }: PipelineRow): Runs | undefined {
  const inside = stages.map((stage) => stage.latestExecution?.executionId ?? '').join();
  const { data } = useQuery({
    queryKey: ['runs', id, latestExecution?.id, latestExecution?.status, inside],
    queryFn: ({ signal }) => ask(PipelineRuns, { id }, signal),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return data?.pipeline ?? undefined;
}

type StageOfRow = PipelineRow['stages'][number];

function revisionIn({ latestExecution }: StageOfRow, runs: Runs | undefined): string | undefined {
  if (latestExecution === null) return undefined;
  const found = runs?.stages.find((each) => each.latestExecution?.executionId === latestExecution.executionId);
  return found?.latestExecution?.execution?.sourceRevisions[0]?.revision.revisionId.slice(0, 7);
}

function Stage({ stage, revision }: { readonly stage: StageOfRow; readonly revision: string | undefined }) {
  const { look, word } = stageLook(stage);
  const waiting = stage.inbound.length;
  return (
    <span className={classes.stage} title={`${stage.name}: ${word}`}>
      {stage.transition.enabled ? null : (
        <span className={classes.gate} role="img" aria-label={`The transition to ${stage.name} is closed`} />
      )}
      <StatusMark look={look} label={`${stage.name}: ${word}`} />
      <span className={classes.stageText}>
        <span className="cut-off">{stage.name}</span>
        <span className={`code quiet ${classes.revision}`}>
          {revision ?? (stage.latestExecution === null ? '–' : `#${stage.latestExecution.ordinal ?? '?'}`)}
          {waiting > 0 ? <span className={classes.inbound}> +{waiting} waits</span> : null}
        </span>
      </span>
    </span>
  );
}
