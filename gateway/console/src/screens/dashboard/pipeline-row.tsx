import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CSSProperties } from 'react';
import { Link } from 'wouter';
import { ask } from '../../api/client.js';
import { PipelineRuns, type PipelineRow, type PipelineRunsResult } from '../../api/generated/operations.js';
import { Age, Until } from '../../parts/age.js';
import { stageLook } from '../../parts/look.js';
import { StatusMark, StatusText } from '../../parts/status-mark.js';
import classes from './dashboard.module.css';
import { Sparkline } from './sparkline.js';
import type { Row } from './rows.js';

interface PipelineTableRowProps {
  readonly row: Row;
  readonly index: number;
  readonly style: CSSProperties;
  /** While the list is on the move nothing is asked for. */
  readonly isMoving: boolean;
}

export function PipelineTableRow({ row: { row, look }, index, style, isMoving }: PipelineTableRowProps) {
  const runs = useRuns(row, isMoving);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      data-urgency={look.urgency}
      className={classes.row}
      style={style}
    >
      <div role="cell" className={classes.name}>
        <Link href={`/pipelines/${encodeURIComponent(row.name)}`} className="cut-off" title={row.name}>
          {row.name}
        </Link>
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
      </div>
      <div role="cell" className={classes.stages}>
        {row.stages.map((stage) => (
          <Stage key={stage.name} stage={stage} revision={revisionIn(stage, runs)} />
        ))}
      </div>
      <div role="cell" className={classes.runs}>
        <Sparkline runs={runs?.executions.nodes ?? []} />
      </div>
      <div role="cell" className={`quiet ${classes.started}`}>
        {row.latestExecution === null ? 'never' : <Age since={row.latestExecution.startedAt} />}
      </div>
    </div>
  );
}

type Runs = NonNullable<PipelineRunsResult['pipeline']>;

/** Asked for when the row comes into sight, and again when something has run. */
function useRuns({ id, latestExecution, stages }: PipelineRow, isMoving: boolean): Runs | undefined {
  const inside = stages.map((stage) => stage.latestExecution?.executionId ?? '').join();
  const { data } = useQuery({
    queryKey: ['runs', id, latestExecution?.id, latestExecution?.status, inside],
    queryFn: ({ signal }) => ask(PipelineRuns, { id }, signal),
    enabled: !isMoving && latestExecution !== null,
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
