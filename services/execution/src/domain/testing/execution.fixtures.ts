import type {
  ExecutionCommand,
  ExecutionEvent,
  ExecutionStarted,
  JobReport,
  PlannedAction,
} from '@millrace/contracts/execution';
import { NAMESPACES, uuidV5 } from '@millrace/decider';
import { ADA, NOON } from './traffic.fixtures.js';

const HOUR_MS = 3_600_000;

export const planned = (name: string, given: Partial<PlannedAction> = {}): PlannedAction => ({
  name,
  actionTypeId: { category: 'Build', owner: 'AWS', provider: 'Commands', version: '1' },
  runOrder: 1,
  configuration: {},
  inputArtifacts: [],
  outputArtifacts: [],
  timeoutMs: HOUR_MS,
  work: 'job',
  labels: [],
  ...given,
});

export const approval = (name: string, given: Partial<PlannedAction> = {}): PlannedAction =>
  planned(name, {
    actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
    work: 'approval',
    ...given,
  });

export const STARTED: ExecutionStarted = {
  executionId: 'E1',
  pipelineId: 'p1',
  pipelineName: 'shop',
  pipelineVersion: 1,
  trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
  variables: [{ name: 'TARGET', value: 'blue' }],
  sourceRevisions: [],
  stages: [
    { name: 'Build', actions: [] },
    { name: 'Deploy', actions: [] },
  ],
  ordinal: 1,
};

type Of<T extends ExecutionCommand['type']> = Extract<ExecutionCommand, { type: T }>['data'];
const command = <T extends ExecutionCommand['type']>(type: T, data: Of<T>, at = NOON): ExecutionCommand =>
  ({ type, data, at, by: ADA }) as ExecutionCommand;

export const begin = (missingVariables: string[] = []) => command('BeginExecution', { ...STARTED, missingVariables });
export const enter = (stage: string, ...actions: PlannedAction[]) => command('EnterStage', { stage, actions });
export const stop = (abandon = false, reason = 'enough') => command('StopExecution', { abandon, reason });
export const cancel = () => command('CancelExecution', { reason: 'Pipeline definition was updated' });
export const retryStage = (stage: string, mode: 'FAILED_ACTIONS' | 'ALL_ACTIONS' = 'FAILED_ACTIONS') =>
  command('RetryStage', { stage, mode });

export const actionId = (action: string, attempt = 1, stage = 'Build') =>
  uuidV5(NAMESPACES.actionExecution, 'E1', stage, action, attempt);
export const jobId = (action: string, offer = 1, attempt = 1, stage = 'Build') =>
  uuidV5(NAMESPACES.job, actionId(action, attempt, stage), offer);

export const lease = (job: string, leaseId = 'L1') =>
  command('LeaseJob', { jobId: job, leaseId, runnerId: 'r1', nonceHash: `hash of ${job}` });
export const report = (
  job: string,
  result: JobReport['result'] = { status: 'succeeded' },
  nonceHash = `hash of ${job}`,
) => command('ReportJob', { jobId: job, nonceHash, result });
export const fails: JobReport['result'] = { status: 'failed', error: { code: 'JobFailed', message: 'exit code 1' } };
export const lose = (job: string) => command('LoseJob', { jobId: job, runnerId: 'r1' });
export const confirm = (job: string) => command('ConfirmJobEnd', { jobId: job, nonceHash: `hash of ${job}` });
export const expire = (action: string, at: string) =>
  command('ExpireAction', { actionExecutionId: actionId(action) }, at);
export const complete = (action: string, status: 'Succeeded' | 'Failed') =>
  command('CompleteAction', { actionExecutionId: actionId(action), status });

export const types = (events: readonly ExecutionEvent[]): string[] =>
  events.map(({ type, data }) => {
    if (type === 'ActionStarted') return `${type} ${data.action}`;
    if (type === 'ActionFinished') return `${type} ${data.action} ${data.status}`;
    if (type === 'StageFinished' || type === 'ExecutionFinished') return `${type} ${data.status}`;
    if (type === 'StageVacated') return `${type} ${data.outcome}`;
    return type;
  });
