import { useMemo, type CSSProperties } from 'react';
import { Link } from 'wouter';
import type { ExecutionState } from '../../api/generated/operations.js';
import { Took } from '../../parts/age.js';
import { duration, exactDuration } from '../../parts/duration.js';
import { lookOf, wordOf } from '../../parts/look.js';
import { StatusMark } from '../../parts/status-mark.js';
import { useNow } from '../../state/clock.js';
import { ticks, type ActionRow, type Segment, type StageRow } from './waterfall.js';
import classes from './execution.module.css';

interface WaterfallChartProps {
  readonly execution: ExecutionState;
  readonly rows: readonly StageRow[];
  /** Id of the attempt that is looked at. */
  readonly chosen: string | null;
}

interface Scale {
  readonly from: number;
  readonly span: number;
  readonly now: number;
}

export function WaterfallChart({ execution, rows, chosen }: WaterfallChartProps) {
  const now = useNow();
  const scale = useMemo(() => scaleOf(execution, rows, now), [execution, rows, now]);
  return (
    <section className="panel" aria-labelledby="waterfall">
      <div className="panel-head">
        <h2 id="waterfall">What it did when</h2>
        <Legend />
      </div>
      <div className={classes.chart}>
        <div className={classes.axis} aria-hidden>
          <span className={classes.track}>
            {ticks(scale.span).map((tick) => (
              <span key={tick} className={classes.tick} style={{ left: `${(tick / scale.span) * 100}%` }}>
                {scale.span < 10_000 ? `${(tick / 1_000).toFixed(1)} s` : duration(tick)}
              </span>
            ))}
          </span>
        </div>
        {rows.map((row) => (
          <StageRows key={row.stage.name} execution={execution} row={row} scale={scale} chosen={chosen} />
        ))}
      </div>
    </section>
  );
}

/** An execution that is over ends where it ended, however often the clock ticks. */
function scaleOf(execution: ExecutionState, rows: readonly StageRow[], now: number): Scale {
  const from = Date.parse(execution.startedAt);
  const segments = rows.flatMap((row) => [...row.segments, ...row.actions.flatMap((action) => action.segments)]);
  const ends = segments.map(({ until }) => until ?? now);
  const end = execution.finishedAt === null ? now : Date.parse(execution.finishedAt);
  return { from, now, span: Math.max(1_000, ...[end, ...ends].map((at) => at - from)) };
}

function Legend() {
  return (
    <span className={`row-flex quiet ${classes.legend}`}>
      <span>
        <i className={classes.segment} data-kind="works" data-look="succeeded" /> works
      </span>
      <span>
        <i className={classes.segment} data-kind="waits" data-look="waiting" /> waits
      </span>
      <span>
        <i className={classes.segment} data-kind="asks" data-look="person" /> asks a person
      </span>
    </span>
  );
}

interface StageRowsProps {
  readonly execution: ExecutionState;
  readonly row: StageRow;
  readonly scale: Scale;
  readonly chosen: string | null;
}

function StageRows({ execution, row: { stage, segments, actions }, scale, chosen }: StageRowsProps) {
  return (
    <section aria-label={`Stage ${stage.name}`}>
      <div className={classes.stageRow}>
        <span className={classes.label}>
          <StatusMark look={lookOf(stage.status)} label={wordOf(stage.status)} />
          <strong className="cut-off">{stage.name}</strong>
          {stage.retries > 0 ? <span className="quiet">retried {stage.retries}×</span> : null}
        </span>
        <Track segments={segments} scale={scale} />
        <span className={classes.took}>
          {stage.startedAt === null ? null : <Took from={stage.startedAt} to={stage.finishedAt} />}
        </span>
      </div>
      {actions.map((row) => (
        <ActionRowView
          key={row.attempt?.id ?? row.action.name}
          executionId={execution.id}
          row={row}
          scale={scale}
          chosen={chosen}
        />
      ))}
    </section>
  );
}

interface ActionRowViewProps {
  readonly executionId: string;
  readonly row: ActionRow;
  readonly scale: Scale;
  readonly chosen: string | null;
}

function ActionRowView(props: ActionRowViewProps) {
  const { attempt } = props.row;
  return attempt === undefined ? <UntouchedRow {...props} /> : <AttemptRow {...props} attempt={attempt} />;
}

/** Not started: there is nothing to say but its name. */
function UntouchedRow({ row: { action } }: ActionRowViewProps) {
  return (
    <div className={classes.actionRow}>
      <span className={classes.label}>
        <StatusMark look="none" label={wordOf(null)} />
        <span className="quiet cut-off">{action.name}</span>
      </span>
    </div>
  );
}

type AttemptRowProps = ActionRowViewProps & { readonly attempt: NonNullable<ActionRow['attempt']> };

function AttemptRow({ executionId, row: { action, segments }, scale, chosen, attempt }: AttemptRowProps) {
  const isChosen = attempt.id === chosen;
  return (
    <div className={classes.actionRow} data-chosen={isChosen}>
      <span className={classes.label}>
        <StatusMark look={segments.at(-1)?.look ?? lookOf(attempt.status)} label={wordOf(attempt.status)} />
        <Link
          href={`/executions/${executionId}${isChosen ? '' : `?attempt=${attempt.id}`}`}
          replace
          className="cut-off"
          aria-current={isChosen ? 'true' : undefined}
        >
          {action.name}
        </Link>
        {action.attempts.length > 1 ? <span className="quiet"> {attempt.attempt}</span> : null}
      </span>
      <Track segments={segments} scale={scale} />
      <span className={classes.took}>
        <Took from={attempt.startedAt} to={attempt.finishedAt} />
        {attempt.log === null ? null : (
          <Link
            href={`/executions/${executionId}/log/${attempt.id}`}
            aria-label={`Output of ${action.name}, attempt ${attempt.attempt}`}
          >
            Output
          </Link>
        )}
      </span>
    </div>
  );
}

function Track({ segments, scale }: { readonly segments: readonly Segment[]; readonly scale: Scale }) {
  return (
    <span className={classes.track}>
      {segments
        .filter((segment) => isSeen(segment, scale))
        .map((segment) => {
          const took = (segment.until ?? scale.now) - segment.from;
          return (
            <i
              key={`${segment.kind}${segment.from}`}
              className={classes.segment}
              data-kind={segment.kind}
              data-look={segment.look}
              style={placeOf(segment, scale)}
              title={`${segment.word}: ${exactDuration(took)}`}
            />
          );
        })}
    </span>
  );
}

/** A wait of a few milliseconds in an hour is no wait; work is shown however short it was. */
function isSeen({ kind, from, until }: Segment, scale: Scale): boolean {
  return kind !== 'waits' || ((until ?? scale.now) - from) / scale.span > 0.004;
}

function placeOf({ from, until }: Segment, scale: Scale): CSSProperties {
  const left = ((from - scale.from) / scale.span) * 100;
  const width = (((until ?? scale.now) - from) / scale.span) * 100;
  return { left: `min(${left}%, calc(100% - 3px))`, width: `max(${width}%, 2px)` };
}
