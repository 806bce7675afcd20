import { accept, refuse, type Decider, type Decision } from '@millrace/decider';
import type {
  ActionFinished,
  ExecutionCommand,
  ExecutionEvent,
  ExecutionRefusal,
  JobReport,
} from '@millrace/contracts/execution';
import { offer, settle } from './execution.progress.js';
import {
  absentExecution,
  evolveExecution,
  isFinished,
  runOf,
  type ActionRun,
  type Execution,
  type Job,
  type KnownExecution,
} from './execution.state.js';

type Outcome = Decision<ExecutionEvent, ExecutionRefusal>;
type CommandOf<T extends ExecutionCommand['type']> = Extract<ExecutionCommand, { type: T }>;

/** Output variables of one action, names and values together (codepipeline, section 4.2). */
const OUTPUT_VARIABLES_BYTES_MAX = 122_880;

const CANCELED = 'The approval action has been canceled.';

function decide(command: ExecutionCommand, execution: Execution): Outcome {
  if (command.type === 'BeginExecution') return begin(command, execution);
  if (execution.status === 'absent') return refuse('EXECUTION_NOT_FOUND', 'There is no such execution.');
  const decision = decideKnown(command, execution);
  return decision.accepted && decision.events.length > 0
    ? accept(...settle(execution, decision.events, command.at))
    : decision;
}

function begin({ data }: CommandOf<'BeginExecution'>, execution: Execution): Outcome {
  if (execution.status !== 'absent') return accept();
  const { missingVariables, ...facts } = data;
  const started: ExecutionEvent = { type: 'ExecutionStarted', data: facts };
  if (missingVariables.length === 0) return accept(started);
  const summary = `Values for required variables haven't been provided: ${missingVariables.join(',')}`;
  return accept<ExecutionEvent>(started, { type: 'ExecutionFinished', data: { status: 'Failed', summary } });
}

function decideKnown(
  command: Exclude<ExecutionCommand, { type: 'BeginExecution' }>,
  execution: KnownExecution,
): Outcome {
  switch (command.type) {
    case 'EnterStage':
      return enterStage(command.data, execution);
    case 'RetryStage':
      return retryStage(command.data, execution);
    case 'LeaseJob':
      return leaseJob(command.data, execution);
    case 'ReportJob':
      return reportJob(command.data, execution);
    case 'LoseJob':
      return loseJob(command.data, execution);
    case 'ConfirmJobEnd':
      return confirmJobEnd(command.data, execution);
    case 'CompleteAction':
      return completeAction(command.data, execution);
    case 'ExpireAction':
      return expireAction(command, execution);
    case 'StopExecution':
      return stopExecution(command.data, execution);
    case 'CancelExecution':
      return cancelExecution(command.data, execution);
    case 'SupersedeExecution':
      return isFinished(execution)
        ? accept()
        : accept({ type: 'ExecutionFinished', data: { status: 'Superseded', supersededBy: command.data.by } });
  }
}

function enterStage({ stage, actions }: CommandOf<'EnterStage'>['data'], execution: KnownExecution): Outcome {
  // Traffic let it in while it was being stopped: it can't refuse, only go out again (docs/decisions/0010). Nothing of it ran there, so
  // that nothing there can be retried.
  if (isFinished(execution)) return accept({ type: 'StageVacated', data: { stage, outcome: 'Cancelled' } });
  return accept({ type: 'StageStarted', data: { stage, actions } });
}

function retryStage({ stage, mode }: CommandOf<'RetryStage'>['data'], execution: KnownExecution): Outcome {
  const retryable =
    (execution.status === 'Failed' || execution.status === 'Stopped') && execution.stage?.name === stage;
  if (!retryable) return accept({ type: 'StageVacated', data: { stage, outcome: 'Failed' } });
  return accept({ type: 'StageRetried', data: { stage, mode, retry: (execution.retries.get(stage) ?? 0) + 1 } });
}

function leaseJob(
  { jobId, leaseId, runnerId, nonceHash }: CommandOf<'LeaseJob'>['data'],
  execution: KnownExecution,
): Outcome {
  const job = execution.jobs.get(jobId);
  if (job === undefined) return refuse('JOB_NOT_FOUND', 'There is no such job in the stage that runs.');
  if (job.status === 'leased' && job.leaseId === leaseId) return accept();
  if (job.status !== 'offered') return refuse('JOB_NOT_OFFERED', `The job is ${job.status}.`);
  return accept({
    type: 'JobLeased',
    data: { jobId, actionExecutionId: job.actionExecutionId, leaseId, runnerId, nonceHash },
  });
}

function stale(job: Job | undefined): Outcome {
  const what = job === undefined ? 'unknown' : job.status;
  return refuse('STALE_ATTEMPT', `This attempt is over (the job is ${what}): end the work and forget it.`);
}

function reportJob({ jobId, nonceHash, result }: JobReport, execution: KnownExecution): Outcome {
  const job = execution.jobs.get(jobId);
  if (job?.status !== 'leased' || job.nonceHash !== nonceHash) return stale(job);
  const { actionExecutionId } = job;
  switch (result.status) {
    case 'returned':
      return jobReturned(execution, job, result.reason);
    case 'failed': {
      const { status: _, ...outcome } = result;
      return accept<ExecutionEvent>(
        { type: 'JobFailed', data: { jobId, actionExecutionId, error: result.error } },
        ...finish(execution, actionExecutionId, { status: 'Failed', ...outcome }),
      );
    }
    case 'succeeded':
      return jobSucceeded(execution, job, result);
  }
}

/** It is offered again, unless nothing more is to begin: then it would only keep the end waiting (docs/decisions/0034). */
function jobReturned(
  execution: KnownExecution,
  { jobId, actionExecutionId, attempt, labels }: Job,
  reason: string,
): Outcome {
  const returned: ExecutionEvent = { type: 'JobReturned', data: { jobId, actionExecutionId, reason } };
  return execution.stop === undefined && execution.cancellation === undefined
    ? accept<ExecutionEvent>(returned, offer(actionExecutionId, attempt + 1, labels))
    : accept<ExecutionEvent>(returned, ...finish(execution, actionExecutionId, { status: 'Abandoned' }));
}

function jobSucceeded(
  execution: KnownExecution,
  { jobId, actionExecutionId }: Job,
  result: Extract<JobReport['result'], { status: 'succeeded' }>,
): Outcome {
  const bytes = Object.entries(result.outputVariables ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (bytes > OUTPUT_VARIABLES_BYTES_MAX)
    return refuse(
      'OUTPUT_VARIABLES_TOO_LARGE',
      `The output variables have ${bytes} bytes; ${OUTPUT_VARIABLES_BYTES_MAX} are allowed.`,
    );
  const { status: _, ...outcome } = result;
  return accept<ExecutionEvent>(
    { type: 'JobSucceeded', data: { jobId, actionExecutionId } },
    ...finish(execution, actionExecutionId, { status: 'Succeeded', ...outcome }),
  );
}

type Ending = Omit<ActionFinished, 'stage' | 'action' | 'actionExecutionId'>;

/** Ends a running action; nothing where it has ended already. */
function finish(execution: KnownExecution, actionExecutionId: string, ending: Ending): readonly ExecutionEvent[] {
  const run = runOf(execution, actionExecutionId);
  if (run?.status !== 'InProgress') return [];
  const { stage, action } = run.started;
  return [{ type: 'ActionFinished', data: { stage, action, actionExecutionId, ...ending } }];
}

function loseJob({ jobId, runnerId }: CommandOf<'LoseJob'>['data'], execution: KnownExecution): Outcome {
  const job = execution.jobs.get(jobId);
  if (job?.status === 'revoked')
    return accept({ type: 'JobEnded', data: { jobId, actionExecutionId: job.actionExecutionId, how: 'lapsed' } });
  if (job?.status !== 'leased' || job.runnerId !== runnerId) return accept();
  const { actionExecutionId } = job;
  const message = `Runner ${runnerId} was not heard of for a whole lease term. Its work may or may not have taken effect; look before you retry.`;
  return accept<ExecutionEvent>(
    { type: 'JobLost', data: { jobId, actionExecutionId, runnerId } },
    ...finish(execution, actionExecutionId, { status: 'Failed', error: { code: 'RunnerLost', message } }),
  );
}

function confirmJobEnd({ jobId, nonceHash }: CommandOf<'ConfirmJobEnd'>['data'], execution: KnownExecution): Outcome {
  const job = execution.jobs.get(jobId);
  if (job?.status === 'ended') return accept();
  if (job?.status !== 'revoked' || job.nonceHash !== nonceHash) return stale(job);
  return accept({ type: 'JobEnded', data: { jobId, actionExecutionId: job.actionExecutionId, how: 'confirmed' } });
}

function completeAction(
  { actionExecutionId, ...ending }: CommandOf<'CompleteAction'>['data'],
  execution: KnownExecution,
): Outcome {
  const run = runOf(execution, actionExecutionId);
  // Work on a runner ends by its report only: the stage could be given away while it still runs.
  if (run?.started.work !== 'approval')
    return refuse('ACTION_NOT_FOUND', 'No such action waits for an answer in the stage that runs.');
  return accept(...finish(execution, actionExecutionId, ending));
}

function expireAction({ data, at }: CommandOf<'ExpireAction'>, execution: KnownExecution): Outcome {
  const run = runOf(execution, data.actionExecutionId);
  // Ended before its time, or an approval, whose expiry is decided by its own stream.
  if (run?.status !== 'InProgress' || run.started.work === 'approval') return accept();
  if (at < run.started.dueAt) return refuse('NOT_DUE', `The action is due at ${run.started.dueAt}.`);
  return accept(
    ...end(execution, run, 'timed out', {
      status: 'Failed',
      error: { code: 'TimedOut', message: `The action did not end before ${run.started.dueAt}.` },
    }),
  );
}

/** Ends an action from our side: its job is voided, and where a runner may still be at work, the stage stays locked until that is over. */
function end(
  execution: KnownExecution,
  { started }: ActionRun,
  reason: string,
  ending: Ending,
): readonly ExecutionEvent[] {
  const { actionExecutionId } = started;
  const voided = [...execution.jobs.values()]
    .filter((job) => job.actionExecutionId === actionExecutionId)
    .flatMap(({ jobId, status }): ExecutionEvent[] => {
      const revoked: ExecutionEvent = { type: 'JobRevoked', data: { jobId, actionExecutionId, reason } };
      if (status === 'leased') return [revoked];
      return status === 'offered'
        ? [revoked, { type: 'JobEnded', data: { jobId, actionExecutionId, how: 'confirmed' } }]
        : [];
    });
  return [...voided, ...finish(execution, actionExecutionId, ending)];
}

function running(execution: KnownExecution): readonly ActionRun[] {
  return [...(execution.stage?.runs.values() ?? [])].filter(({ status }) => status === 'InProgress');
}

const isUnleased = (execution: KnownExecution, { started }: ActionRun): boolean =>
  [...execution.jobs.values()].some(
    (job) => job.actionExecutionId === started.actionExecutionId && job.status === 'offered',
  );

function stopExecution({ abandon, reason }: CommandOf<'StopExecution'>['data'], execution: KnownExecution): Outcome {
  const { executionId, pipelineName } = execution.facts;
  if (isFinished(execution))
    return refuse(
      'NOT_STOPPABLE',
      `The pipeline execution with ID '${executionId}' in '${pipelineName}' can't be stopped now: it is ${execution.status}.`,
    );
  if (execution.stop !== undefined && (!abandon || execution.stop.abandon))
    return refuse(
      'DUPLICATED_STOP',
      `The execution with ID ${executionId} in ${pipelineName} is already stopping. ${execution.stop.abandon ? 'It was told to abandon its actions.' : 'You can still stop and abandon it.'}`,
    );
  const requested: ExecutionEvent = {
    type: 'StopRequested',
    data: { abandon, ...(reason === undefined ? {} : { reason }) },
  };
  if (execution.stage?.status !== 'InProgress')
    return accept<ExecutionEvent>(requested, {
      type: 'ExecutionFinished',
      data: { status: 'Stopped', ...(reason === undefined ? {} : { summary: reason }) },
    });
  // What no runner has begun would only keep the stop waiting.
  const ended = running(execution).filter((run) => abandon || isUnleased(execution, run));
  return accept<ExecutionEvent>(
    requested,
    ...ended.flatMap((run) => end(execution, run, 'abandoned', { status: 'Abandoned', ...abandonedSummary(run) })),
  );
}

const abandonedSummary = ({ started }: ActionRun): { summary?: string } =>
  started.work === 'approval' ? { summary: CANCELED } : {};

function cancelExecution({ reason }: CommandOf<'CancelExecution'>['data'], execution: KnownExecution): Outcome {
  if (isFinished(execution) || execution.cancellation !== undefined) return accept();
  if (execution.stage?.status !== 'InProgress')
    return accept({ type: 'ExecutionFinished', data: { status: 'Cancelled', summary: reason } });
  const ended = running(execution).filter((run) => run.started.work === 'approval' || isUnleased(execution, run));
  return accept<ExecutionEvent>(
    { type: 'CancellationRequested', data: { reason } },
    ...ended.flatMap((run) =>
      end(
        execution,
        run,
        'cancelled',
        run.started.work === 'approval' ? { status: 'Failed', summary: CANCELED } : { status: 'Abandoned' },
      ),
    ),
  );
}

export const executionDecider: Decider<ExecutionCommand, Execution, ExecutionEvent, ExecutionRefusal> = {
  name: 'execution',
  version: 1,
  initial: absentExecution,
  decide,
  evolve: evolveExecution,
};
