import type { PipelineRunsResult } from '../../api/generated/operations.js';
import { lookOf, type Look } from '../../parts/look.js';
import classes from './dashboard.module.css';

type Run = NonNullable<PipelineRunsResult['pipeline']>['executions']['nodes'][number];

const BARS = 12;
const STEP = 8;
const HALF = 12;

/** The last runs, the latest at the right: up where it succeeded, down where it failed, longer where it took longer. */
export function Sparkline({ runs }: { readonly runs: readonly Run[] }) {
  if (runs.length === 0) return null;
  const shown = runs.slice(0, BARS).toReversed();
  const width = BARS * STEP;
  const first = BARS - shown.length;
  const longestMs = Math.max(1, ...shown.map(tookMs));
  return (
    <svg
      width={width}
      height={2 * HALF}
      viewBox={`0 0 ${width} ${2 * HALF}`}
      role="img"
      aria-label={inWords(shown)}
      className={classes.sparkline}
    >
      <path d={`M0 ${HALF}H${width}`} className={classes.zero} />
      {shown.map((run, index) => (
        <Bar key={run.id} run={run} longestMs={longestMs} x={(first + index) * STEP + 1} />
      ))}
    </svg>
  );
}

function Bar({ run, longestMs, x }: { readonly run: Run; readonly longestMs: number; readonly x: number }) {
  const look = lookOf(run.status);
  const length = look === 'succeeded' || look === 'failed' ? 3 + ((HALF - 4) * tookMs(run)) / longestMs : 3;
  const y = look === 'failed' ? HALF : HALF - length;
  return <rect x={x} y={y} width={STEP - 3} height={length} rx="1" data-look={look} className={classes.bar} />;
}

function tookMs({ startedAt, finishedAt }: Run): number {
  return finishedAt === null ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
}

function inWords(runs: readonly Run[]): string {
  const counts = new Map<Look, number>();
  for (const { status } of runs) counts.set(lookOf(status), (counts.get(lookOf(status)) ?? 0) + 1);
  return `Last ${runs.length} runs: ${[...counts].map(([look, count]) => `${count} ${look}`).join(', ')}`;
}
