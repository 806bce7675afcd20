import type {
  ActionStatus,
  ExecutionStatus,
  PipelineRow,
  StageStatus,
  WaitingCause,
} from '../api/generated/operations.js';

/** What a state looks like: a shape, a colour and a word. */
export type Look = 'progress' | 'succeeded' | 'failed' | 'waiting' | 'person' | 'stopped' | 'superseded' | 'none';

const LOOKS: Readonly<Record<ExecutionStatus | StageStatus | ActionStatus, Look>> = {
  InProgress: 'progress',
  Stopping: 'progress',
  Stopped: 'stopped',
  Succeeded: 'succeeded',
  Superseded: 'superseded',
  Failed: 'failed',
  Cancelled: 'stopped',
  Skipped: 'superseded',
  Abandoned: 'stopped',
};

export function lookOf(status: ExecutionStatus | StageStatus | ActionStatus | null): Look {
  return status === null ? 'none' : LOOKS[status];
}

const WORDS: Readonly<Record<string, string>> = { InProgress: 'In progress' };

export function wordOf(status: ExecutionStatus | StageStatus | ActionStatus | null): string {
  return status === null ? 'Not yet' : (WORDS[status] ?? status);
}

const CAUSES: Readonly<Record<WaitingCause, string>> = {
  LOCKED: 'another execution is inside',
  TRANSITION_DISABLED: 'the transition is closed',
  TRANSITION_EXPIRED: 'the transition was closed for more than 30 days',
};

export function causeText(cause: WaitingCause): string {
  return CAUSES[cause];
}

/** How a stage of a pipeline stands, in what a glance needs. */
export interface StageLook {
  readonly look: Look;
  readonly word: string;
  /** Since when; undefined while nothing was there. */
  readonly since?: string;
  /** When what waits lapses. */
  readonly until?: string;
}

type Stage = PipelineRow['stages'][number];

export function stageLook({ latestExecution: run, actions }: Pick<Stage, 'latestExecution' | 'actions'>): StageLook {
  if (run === null) return { look: 'none', word: 'Not yet' };
  const plain = { look: lookOf(run.status), word: wordOf(run.status), since: run.statusSince };
  if (run.status !== 'InProgress') return plain;
  const latest = actions.flatMap(({ latestExecution }) => latestExecution ?? []);
  const asked = latest.find(({ token, status }) => token !== null && status === 'InProgress');
  if (asked !== undefined)
    return {
      look: 'person',
      word: 'Waits for approval',
      since: asked.statusSince,
      ...(asked.dueAt === null ? {} : { until: asked.dueAt }),
    };
  const running = latest.filter(({ status }) => status === 'InProgress');
  const isQueued = running.length > 0 && running.every(({ work }) => work === 'QUEUED');
  return isQueued ? { ...plain, look: 'waiting', word: 'Waits for a runner' } : plain;
}

/** What of a pipeline wants to be seen first. */
export type Urgency = 'failed' | 'person' | 'running' | 'held' | 'calm';

export interface PipelineLook {
  readonly urgency: Urgency;
  /** In a few words, e.g. `Test failed`. */
  readonly word: string;
  readonly since?: string;
  readonly until?: string;
  readonly look: Look;
}

/** One line on the whole pipeline: the worst that is true of it now. */
export function pipelineLook(row: Pick<PipelineRow, 'stages' | 'sources' | 'latestExecution'>): PipelineLook {
  const stages = row.stages.map((stage) => ({ name: stage.name, ...stageLook(stage) }));
  const failed = stages.find(({ look }) => look === 'failed');
  if (failed !== undefined) return { ...failed, urgency: 'failed', word: `${failed.name} failed` };
  const ill = row.sources.find(({ healthy }) => !healthy);
  if (ill !== undefined) return ofSource(ill);
  const person = stages.find(({ look }) => look === 'person');
  if (person !== undefined) return { ...person, urgency: 'person', word: `${person.name} waits for approval` };
  const running = stages.find(({ look }) => look === 'progress' || look === 'waiting');
  if (running !== undefined)
    return {
      ...running,
      urgency: 'running',
      word: running.look === 'waiting' ? `${running.name} waits for a runner` : `${running.name} runs`,
    };
  return calm(row);
}

function ofSource({ actionName, healthSince }: PipelineRow['sources'][number]): PipelineLook {
  const since = healthSince === null ? {} : { since: healthSince };
  return { urgency: 'failed', look: 'failed', word: `${actionName} can’t be looked at`, ...since };
}

function calm({ stages, latestExecution }: Pick<PipelineRow, 'stages' | 'latestExecution'>): PipelineLook {
  const held = stages.find(({ inbound }) => inbound.length > 0);
  const [first] = held?.inbound ?? [];
  if (held !== undefined && first !== undefined)
    return { urgency: 'held', look: 'waiting', word: `Held before ${held.name}`, since: first.since };
  if (latestExecution === null) return { urgency: 'calm', look: 'none', word: 'Never ran' };
  const { status, statusSince } = latestExecution;
  return { urgency: 'calm', look: lookOf(status), word: wordOf(status), since: statusSince };
}
