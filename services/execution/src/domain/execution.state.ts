import type {
  ActionStarted,
  ActionStatus,
  ArtifactRef,
  ExecutionEvent,
  ExecutionStarted,
  ExecutionStatus,
  PlannedAction,
} from '@millrace/contracts/execution';

/** What the rules of one execution read. */
export type Execution = { readonly status: 'absent' } | KnownExecution;

export interface KnownExecution {
  readonly status: ExecutionStatus;
  readonly facts: ExecutionStarted;
  /** The stage it is in, or was in last; absent before the first. */
  readonly stage?: StageRun;
  /** Attempts so far, by `stage/action`. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Manual retries so far, by stage. */
  readonly retries: ReadonlyMap<string, number>;
  /** Stored artifacts by name: a later attempt overwrites. */
  readonly artifacts: ReadonlyMap<string, ArtifactRef>;
  /** What each source action has fetched, by its name: a retry fetches the same (codepipeline-semantics, section 1). */
  readonly revisions: ReadonlyMap<string, string>;
  /** Output variables by the namespace of the action that made them. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Every job of the current stage that may still be reported, and the ones that ended. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly stop?: { readonly abandon: boolean; readonly reason?: string };
  readonly cancellation?: string;
}

export interface StageRun {
  readonly name: string;
  readonly actions: readonly PlannedAction[];
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Stopped' | 'Cancelled' | 'Skipped';
  /** The latest run of each action of this pass through the stage, by name; an action without one was not reached. */
  readonly runs: ReadonlyMap<string, ActionRun>;
  readonly vacated: boolean;
}

export interface ActionRun {
  readonly started: ActionStarted;
  readonly status: ActionStatus;
}

export interface Job {
  readonly jobId: string;
  readonly actionExecutionId: string;
  readonly attempt: number;
  readonly labels: readonly string[];
  /** `revoked`: the action is over, but its work may still run on a runner that was not yet heard of. */
  readonly status: 'offered' | 'leased' | 'revoked' | 'ended';
  readonly leaseId?: string;
  readonly runnerId?: string;
  readonly nonceHash?: string;
}

export const absentExecution: Execution = { status: 'absent' };

export const isFinished = (execution: KnownExecution): boolean =>
  execution.status !== 'InProgress' && execution.status !== 'Stopping';

export const runOf = (execution: KnownExecution, actionExecutionId: string): ActionRun | undefined =>
  execution.stage &&
  [...execution.stage.runs.values()].find(({ started }) => started.actionExecutionId === actionExecutionId);

/** Nothing of a revoked job may still run when a stage is given to the next execution (docs/decisions/0021). */
export const hasRevokedJobs = (execution: KnownExecution): boolean =>
  [...execution.jobs.values()].some(({ status }) => status === 'revoked');

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

function withOptional<V>(map: ReadonlyMap<string, V>, key?: string, value?: V): ReadonlyMap<string, V> {
  return key === undefined || value === undefined ? map : withEntry(map, key, value);
}

function withStage(execution: KnownExecution, change: Partial<StageRun>): KnownExecution {
  return execution.stage === undefined ? execution : { ...execution, stage: { ...execution.stage, ...change } };
}

function withJob(execution: KnownExecution, jobId: string, change: Partial<Job>): KnownExecution {
  const job = execution.jobs.get(jobId);
  return job === undefined
    ? execution
    : { ...execution, jobs: withEntry(execution.jobs, jobId, { ...job, ...change }) };
}

/** Never refuses: a fact has happened. */
export function evolveExecution(execution: Execution, event: ExecutionEvent): Execution {
  if (event.type === 'ExecutionStarted') return begun(event.data);
  return execution.status === 'absent' ? execution : evolveKnown(execution, event);
}

function begun(facts: ExecutionStarted): KnownExecution {
  return {
    status: 'InProgress',
    facts,
    attempts: new Map(),
    retries: new Map(),
    artifacts: new Map(),
    revisions: new Map(facts.sourceRevisions.map(({ actionName, revisionValue }) => [actionName, revisionValue])),
    namespaces: new Map(),
    jobs: new Map(),
  };
}

function evolveKnown(
  execution: KnownExecution,
  event: Exclude<ExecutionEvent, { type: 'ExecutionStarted' }>,
): KnownExecution {
  switch (event.type) {
    case 'StageStarted':
      return {
        ...execution,
        jobs: new Map(),
        stage: {
          name: event.data.stage,
          actions: event.data.actions,
          status: 'InProgress',
          runs: new Map(),
          vacated: false,
        },
      };
    case 'StageRetried':
      return retried(execution, event.data);
    case 'ActionStarted':
      return actionStarted(execution, event.data);
    case 'JobOffered': {
      const { jobId, actionExecutionId, attempt, labels } = event.data;
      return {
        ...execution,
        jobs: withEntry(execution.jobs, jobId, { jobId, actionExecutionId, attempt, labels, status: 'offered' }),
      };
    }
    case 'JobLeased': {
      const { jobId, leaseId, runnerId, nonceHash } = event.data;
      return withJob(execution, jobId, { status: 'leased', leaseId, runnerId, nonceHash });
    }
    case 'JobRevoked':
      return withJob(execution, event.data.jobId, { status: 'revoked' });
    case 'JobSucceeded':
    case 'JobFailed':
    case 'JobReturned':
    case 'JobLost':
    case 'JobEnded':
      return withJob(execution, event.data.jobId, { status: 'ended' });
    case 'ActionFinished':
      return actionFinished(execution, event.data);
    case 'StageFinished':
      return withStage(execution, { status: event.data.status });
    case 'StageVacated':
      return withStage(execution, { vacated: true });
    case 'StopRequested':
      return { ...execution, status: 'Stopping', stop: event.data };
    case 'CancellationRequested':
      return { ...execution, cancellation: event.data.reason };
    case 'ExecutionFinished':
      return { ...execution, status: event.data.status };
  }
}

type DataOf<T extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: T }>['data'];

function retried(execution: KnownExecution, { stage, mode, retry }: DataOf<'StageRetried'>): KnownExecution {
  if (execution.stage === undefined) return execution;
  const kept = mode === 'ALL_ACTIONS' ? [] : [...execution.stage.runs].filter(([, run]) => run.status === 'Succeeded');
  const { stop: _, ...rest } = execution;
  return {
    ...rest,
    status: 'InProgress',
    retries: withEntry(execution.retries, stage, retry),
    stage: { ...execution.stage, status: 'InProgress', runs: new Map(kept), vacated: false },
  };
}

function actionStarted(execution: KnownExecution, started: ActionStarted): KnownExecution {
  if (execution.stage === undefined) return execution;
  return {
    ...execution,
    attempts: withEntry(execution.attempts, `${started.stage}/${started.action}`, started.attempt),
    stage: {
      ...execution.stage,
      runs: withEntry(execution.stage.runs, started.action, { started, status: 'InProgress' }),
    },
  };
}

function actionFinished(execution: KnownExecution, finished: DataOf<'ActionFinished'>): KnownExecution {
  const run = execution.stage?.runs.get(finished.action);
  if (execution.stage === undefined || run === undefined) return execution;
  const runs = withEntry(execution.stage.runs, finished.action, { ...run, status: finished.status });
  const artifacts = new Map(execution.artifacts);
  const held = finished.revision === undefined ? {} : { revisionId: finished.revision.revisionId };
  for (const artifact of finished.outputArtifacts ?? []) artifacts.set(artifact.name, { ...artifact, ...held });
  const namespace = execution.stage.actions.find(({ name }) => name === finished.action)?.namespace;
  const namespaces = withOptional(execution.namespaces, namespace, finished.outputVariables);
  const revisions = withOptional(execution.revisions, finished.action, finished.revision?.revisionId);
  return { ...execution, artifacts, namespaces, revisions, stage: { ...execution.stage, runs } };
}
