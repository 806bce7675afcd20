import type { ExecutionState } from '../../api/generated/operations.js';
import { lookOf, type Look } from '../../parts/look.js';

type Stage = ExecutionState['stages'][number];
type Action = Stage['actions'][number];
type Attempt = Action['attempts'][number];

/** A piece of time, ms since the epoch. `until` undefined: it goes on. */
export interface Segment {
  readonly kind: 'waits' | 'asks' | 'works';
  readonly from: number;
  readonly until: number | undefined;
  /** What it is, for people. */
  readonly word: string;
  readonly look: Look;
}

export interface StageRow {
  readonly stage: Stage;
  /** Before the stage, where it took a while. */
  readonly segments: readonly Segment[];
  readonly actions: readonly ActionRow[];
}

export interface ActionRow {
  readonly action: Action;
  readonly attempt: Attempt | undefined;
  readonly segments: readonly Segment[];
}

/** A shorter pause between two stages is the platform's own doing, and no waiting. */
const PAUSE_MS = 1_000;

/** What an execution did when: for each stage what it waited for before it, for each attempt what was waiting and what was work. */
export function waterfall(execution: ExecutionState): readonly StageRow[] {
  let left: number | undefined = Date.parse(execution.startedAt);
  return execution.stages.map((stage) => {
    const before = waitBefore(execution, stage, left);
    left = ms(stage.finishedAt);
    const actions = stage.actions.flatMap((action): readonly ActionRow[] =>
      action.attempts.length === 0
        ? [{ action, attempt: undefined, segments: [] }]
        : action.attempts.map((attempt) => ({ action, attempt, segments: segmentsOf(attempt) })),
    );
    return { stage, segments: before, actions };
  });
}

function waitBefore({ waiting }: ExecutionState, stage: Stage, left: number | undefined): readonly Segment[] {
  if (waiting?.stage === stage.name)
    return [
      { kind: 'waits', look: 'waiting', from: Date.parse(waiting.since), until: undefined, word: waiting.explanation },
    ];
  // A stage that was run again began for the second time: what lay between was no waiting.
  const entered = stage.retries > 0 ? undefined : ms(stage.startedAt);
  if (left === undefined || entered === undefined || entered - left < PAUSE_MS) return [];
  return [{ kind: 'waits', look: 'waiting', from: left, until: entered, word: `Waited before ${stage.name}` }];
}

function segmentsOf(attempt: Attempt): readonly Segment[] {
  if (attempt.approval !== null)
    return [
      {
        kind: 'asks',
        look: attempt.finishedAt === null ? 'person' : lookOf(attempt.status),
        from: Date.parse(attempt.startedAt),
        until: ms(attempt.finishedAt),
        word: 'Waits for approval',
      },
    ];
  return attempt.jobs.flatMap((job): readonly Segment[] => {
    const [offered, leased, ended] = [Date.parse(job.offeredAt), ms(job.leasedAt), ms(job.endedAt)];
    const queue: Segment = {
      kind: 'waits',
      look: 'waiting',
      from: offered,
      until: leased ?? ended,
      word: 'Waits for a runner',
    };
    if (leased === undefined) return [queue];
    const look = ended === undefined ? 'progress' : lookOf(attempt.status);
    return [queue, { kind: 'works', look, from: leased, until: ended, word: 'Works' }];
  });
}

function ms(at: string | null): number | undefined {
  return at === null ? undefined : Date.parse(at);
}

/** Round numbers of time across a span, five or so. */
export function ticks(spanMs: number): readonly number[] {
  const step = STEPS.find((each) => spanMs / each <= 6) ?? Math.ceil(spanMs / 6 / DAY) * DAY;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const STEPS: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((count) => count * MINUTE),
  ...[1, 2, 4, 8, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10].map((count) => count * DAY),
];
