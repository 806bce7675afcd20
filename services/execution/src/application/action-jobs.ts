import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { ActionJob, JobGrant, ReportRequest } from '@millrace/contracts/runner';
import type { ExecutionEvent, JobReport } from '@millrace/contracts/execution';
import type { Position } from '@millrace/event-store';
import type { CommandReply, Commands } from '@millrace/messaging';
import type { Clock } from '@millrace/runtime';
import { runOf, type Job } from '../domain/execution.state.js';
import type { Claimant, Offer } from './job-queue.js';
import type { JobSecrets } from './job-secrets.js';
import { asData, serviceEnvelope } from './receivers.js';
import type { OpenExecution } from './workload.js';

const SERVICE = 'execution.jobs';

export interface ActionJobPorts {
  readonly commands: Commands;
  readonly secrets: JobSecrets;
  readonly clock: Clock;
  readonly leaseTermMs: number;
  readonly fault?: (point: 'lease' | 'report') => void;
}

/** Commands of the job protocol, each with an id that makes repeating it safe. */
export class ActionJobs {
  constructor(private readonly ports: ActionJobPorts) {}

  /** @param current - the execution once the lease is known here: what a runner asks next must find it. */
  offer(
    execution: OpenExecution,
    job: Job,
    current: (position: Position | undefined) => Promise<OpenExecution | undefined>,
  ): Offer {
    return {
      id: job.jobId,
      project: execution.project,
      labels: job.labels,
      claim: async (by) => {
        const { jobId } = job;
        const nonce = this.ports.secrets.nonce(jobId, by.requestId);
        const data = { jobId, leaseId: by.requestId, runnerId: by.runnerId, nonceHash: this.ports.secrets.hash(nonce) };
        const reply = await this.send(execution, 'LeaseJob', data, ['lease', jobId, by.requestId]);
        if (!reply.accepted) return undefined;
        this.ports.fault?.('lease');
        return this.describe((await current(reply.position)) ?? execution, job, by);
      },
    };
  }

  /** What the runner needs to know of a leased job. */
  describe(execution: OpenExecution, job: Job, by: Claimant): ActionJob | undefined {
    const { state, project, executionId } = execution;
    const run = runOf(state, job.actionExecutionId);
    const planned = state.stage?.actions.find(({ name }) => name === run?.started.action);
    if (run === undefined || planned === undefined) return undefined;
    const { secrets, clock, leaseTermMs } = this.ports;
    const { started } = run;
    const isSource = started.actionTypeId.category === 'Source';
    const revision = isSource ? state.revisions.get(started.action) : undefined;
    return {
      kind: 'action',
      jobId: job.jobId,
      attempt: job.attempt,
      nonce: secrets.nonce(job.jobId, by.requestId),
      jobToken: secrets.token({ kind: 'action', project, executionId, jobId: job.jobId, leaseId: by.requestId }),
      leaseTermMs,
      project,
      pipelineId: execution.pipelineId,
      pipelineName: state.facts.pipelineName,
      pipelineVersion: state.facts.pipelineVersion,
      executionId,
      stageName: started.stage,
      actionName: started.action,
      actionExecutionId: started.actionExecutionId,
      actionTypeId: started.actionTypeId,
      configuration: started.configuration,
      timeoutMs: Math.max(Date.parse(started.dueAt) - clock.nowMs(), 0),
      inputArtifacts: started.inputArtifacts,
      outputArtifacts: planned.outputArtifacts,
      trigger: state.facts.trigger,
      ...(planned.commands === undefined ? {} : { commands: planned.commands }),
      ...(started.environmentVariables === undefined ? {} : { environmentVariables: started.environmentVariables }),
      ...(planned.outputVariables === undefined ? {} : { outputVariables: planned.outputVariables }),
      ...(revision === undefined ? {} : { revision }),
    };
  }

  grant(execution: OpenExecution, job: Job): JobGrant | undefined {
    const { state, project, executionId, pipelineId } = execution;
    const run = runOf(state, job.actionExecutionId);
    const planned = state.stage?.actions.find(({ name }) => name === run?.started.action);
    if (run === undefined || planned === undefined) return undefined;
    return {
      kind: 'action',
      active: job.status === 'leased',
      project,
      jobId: job.jobId,
      pipelineId,
      pipelineName: state.facts.pipelineName,
      executionId,
      stageName: run.started.stage,
      actionName: run.started.action,
      actionExecutionId: job.actionExecutionId,
      inputArtifacts: run.started.inputArtifacts,
      outputArtifacts: planned.outputArtifacts,
    };
  }

  async report(
    { project, executionId, jobId, pipelineId }: JobGrant,
    { nonce, result }: ReportRequest,
  ): Promise<CommandReply> {
    const nonceHash = this.ports.secrets.hash(nonce);
    const target = { project, executionId, pipelineId, correlationId: executionId };
    if (result.status === 'cancelled')
      return this.send(target, 'ConfirmJobEnd', { jobId, nonceHash }, ['end', jobId, nonceHash]);
    const data = { jobId, nonceHash, result: toResult(result) };
    // Another result is another command: with the id of the first, two instances could each take its own for what was recorded.
    const said = this.ports.secrets.hash(JSON.stringify(result));
    const reply = await this.send(target, 'ReportJob', data, ['report', jobId, nonceHash, said]);
    this.ports.fault?.('report');
    return reply;
  }

  lose(execution: OpenExecution, jobId: string, runnerId: string): Promise<CommandReply> {
    return this.send(execution, 'LoseJob', { jobId, runnerId }, ['lose', jobId]);
  }

  expire(
    execution: OpenExecution,
    event: Extract<ExecutionEvent, { type: 'ActionStarted' }>['data'],
  ): Promise<CommandReply> {
    const { actionExecutionId } = event;
    return this.send(execution, 'ExpireAction', { actionExecutionId }, ['expire', actionExecutionId]);
  }

  private send(
    {
      project,
      executionId,
      pipelineId,
      correlationId,
    }: Pick<OpenExecution, 'project' | 'executionId' | 'pipelineId' | 'correlationId'>,
    type: string,
    data: object,
    idParts: readonly string[],
  ): Promise<CommandReply> {
    const commandId = uuidV5(NAMESPACES.command, SERVICE, ...idParts);
    const envelope = serviceEnvelope(project, SERVICE, { commandId, pipelineId, executionId, correlationId });
    return this.ports.commands.send({ target: 'execution', type, data: asData(data), executionId }, envelope);
  }
}

type Reported = Exclude<ReportRequest['result'], { status: 'cancelled' | 'looked' }>;

function toResult(result: ReportRequest['result']): JobReport['result'] {
  const reported = result as Reported;
  if (reported.status === 'returned') return reported;
  const { outputVariables, ...rest } = reported;
  const variables =
    outputVariables === undefined
      ? {}
      : { outputVariables: Object.fromEntries(outputVariables.map(({ name, value }) => [name, value])) };
  if (rest.status === 'succeeded') return { ...rest, ...variables } as JobReport['result'];
  const { code, message, ...failure } = rest;
  return { ...failure, ...variables, error: { code, message } } as JobReport['result'];
}
