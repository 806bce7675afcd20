import type { ExecutionAdmitted, StageOutcome, TrafficEvent } from '@millrace/contracts/execution';

/**
 * Who waits and who is inside, stage by stage. Plain JSON, since it is kept in snapshots; lists instead of objects keyed by names,
 * since a stage may be called `__proto__`.
 */
export interface Traffic {
  /** Of the latest admitted execution; 0 before the first. */
  readonly ordinal: number;
  /** The executions admitted last, oldest first: a start that is repeated is known here before its execution has a stream. */
  readonly recent: readonly string[];
  /** Executions that wait, are inside, or failed in a stage that nobody has entered since. */
  readonly admissions: readonly Admission[];
  readonly stages: readonly StageTraffic[];
}

export interface Admission {
  readonly executionId: string;
  readonly ordinal: number;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  /** Names in order, as of its version. */
  readonly stages: readonly string[];
  /** The definition was changed or deleted: it leaves the stage it is in, and enters no other. */
  readonly outdated: boolean;
}

export interface StageTraffic {
  readonly name: string;
  /** The execution that holds the lock. */
  readonly inside?: string;
  /** One waiting place a stage (SUPERSEDED mode). */
  readonly waiting?: string;
  readonly waitingExpired?: true;
  /** Who entered last, and how it left: what a retry is decided by. */
  readonly latest?: {
    readonly executionId: string;
    readonly outcome?: 'Succeeded' | 'Failed' | 'Stopped' | 'Cancelled';
  };
  /** Present while the inbound transition is disabled; when, ISO 8601. */
  readonly disabledAt?: string;
}

export const emptyTraffic: Traffic = { ordinal: 0, recent: [], admissions: [], stages: [] };

/** Far more than can be admitted while one start is decided; older ones are known by their streams. */
const RECENT_MAX = 100;

export function admissionOf(traffic: Traffic, executionId: string): Admission | undefined {
  return traffic.admissions.find((admission) => admission.executionId === executionId);
}

export function stageOf(traffic: Traffic, name: string): StageTraffic {
  return traffic.stages.find((stage) => stage.name === name) ?? { name };
}

function withStage(traffic: Traffic, stage: StageTraffic): Traffic {
  const others = traffic.stages.filter((other) => other.name !== stage.name);
  return { ...traffic, stages: [...others, stage] };
}

function forget(traffic: Traffic, executionId: string): Traffic {
  return { ...traffic, admissions: traffic.admissions.filter((admission) => admission.executionId !== executionId) };
}

function admit(traffic: Traffic, data: ExecutionAdmitted): Traffic {
  const { executionId, ordinal, pipelineName, pipelineVersion, stages, missingVariables } = data;
  const recent = [...traffic.recent, executionId].slice(-RECENT_MAX);
  // Over before it stood before any stage (docs/decisions/0031).
  if (missingVariables.length > 0) return { ...traffic, ordinal, recent };
  const names = stages.map(({ name }) => name);
  const admission = { executionId, ordinal, pipelineName, pipelineVersion, stages: names, outdated: false };
  return { ...traffic, ordinal, recent, admissions: [...traffic.admissions, admission] };
}

/** Whoever failed here and could be retried until now, no longer can be: another execution has entered. */
function enter(traffic: Traffic, executionId: string, name: string): Traffic {
  const { latest, ...stage } = stageOf(stopWaiting(traffic, executionId, name), name);
  const entered = withStage(traffic, { ...stage, inside: executionId, latest: { executionId } });
  return latest === undefined || latest.executionId === executionId || latest.outcome === 'Succeeded'
    ? entered
    : forget(entered, latest.executionId);
}

function leave(traffic: Traffic, executionId: string, name: string, outcome: StageOutcome): Traffic {
  const { inside: _, ...stage } = stageOf(traffic, name);
  const left = withStage(traffic, { ...stage, latest: { executionId, outcome } });
  const admission = admissionOf(traffic, executionId);
  const goesOn = outcome === 'Succeeded' && admission?.stages.at(-1) !== name && !admission?.outdated;
  const retryable = (outcome === 'Failed' || outcome === 'Stopped') && !admission?.outdated;
  return goesOn || retryable ? left : forget(left, executionId);
}

function stopWaiting(traffic: Traffic, executionId: string, name: string): Traffic {
  const stage = stageOf(traffic, name);
  if (stage.waiting !== executionId) return traffic;
  const { waiting: _, waitingExpired: __, ...rest } = stage;
  return withStage(traffic, rest);
}

/** Never refuses: a fact has happened. */
export function evolveTraffic(traffic: Traffic, event: TrafficEvent): Traffic {
  switch (event.type) {
    case 'ExecutionAdmitted':
      return admit(traffic, event.data);
    case 'StageEntered':
    case 'RetryAdmitted':
      return enter(traffic, event.data.executionId, event.data.stage);
    case 'StageAwaited': {
      const { waitingExpired: _, ...stage } = stageOf(traffic, event.data.stage);
      const expired = event.data.cause === 'transition-expired' ? ({ waitingExpired: true } as const) : {};
      return withStage(traffic, { ...stage, waiting: event.data.executionId, ...expired });
    }
    case 'StageLeft':
      return leave(traffic, event.data.executionId, event.data.stage, event.data.outcome);
    case 'ExecutionWithdrawn':
    case 'ExecutionSuperseded':
      return forget(stopWaiting(traffic, event.data.executionId, event.data.stage), event.data.executionId);
    case 'ExecutionOutdated': {
      const { executionId, stage } = event.data;
      const admissions = traffic.admissions.map((each) =>
        each.executionId === executionId ? { ...each, outdated: true } : each,
      );
      const marked = { ...traffic, admissions };
      return event.data.waiting && stage !== undefined
        ? forget(stopWaiting(marked, executionId, stage), executionId)
        : marked;
    }
    case 'TransitionDisabled':
      return withStage(traffic, { ...stageOf(traffic, event.data.stage), disabledAt: event.data.at });
    case 'TransitionEnabled': {
      const { disabledAt: _, ...stage } = stageOf(traffic, event.data.stage);
      return withStage(traffic, stage);
    }
  }
}
