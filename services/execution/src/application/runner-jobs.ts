import type { Actor } from '@millrace/decider';
import type {
  HeartbeatReply,
  HeartbeatRequest,
  JobAnswer,
  JobGrant,
  LeaseReply,
  LeaseRequest,
  ReportRequest,
  RunnerJobs,
} from '@millrace/contracts/runner';
import type { ExecutionEvent } from '@millrace/contracts/execution';
import type { EventStore, Position } from '@millrace/event-store';
import type { Views } from '@millrace/read-models';
import type { Timer, Timers } from '@millrace/runtime';
import type { Job } from '../domain/execution.state.js';
import { ActionJobs, type ActionJobPorts } from './action-jobs.js';
import { JobQueue } from './job-queue.js';
import { Leases, type Lease } from './leases.js';
import type { SourceWatch } from './source-watch.js';
import { Workload, type OpenExecution } from './workload.js';

export interface RunnerJobsPorts extends ActionJobPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly timers: Timers;
  readonly logger: { warn(fields: object, sentence: string): void };
}

/** An action's time is first kept by its runner; only where that fails is it ended from here. */
const EXPIRY_GRACE_MS = 15_000;
const EXPIRY_SCAN_MS = 1_000;

/** Brings jobs to runners and watches over both: the execution service's side of the runner API. */
export class ExecutionRunnerJobs implements RunnerJobs {
  readonly queue: JobQueue;
  private readonly jobs: ActionJobs;
  private readonly leases: Leases;
  private readonly workload: Workload;
  private expiry: Timer | undefined;

  constructor(
    private readonly ports: RunnerJobsPorts,
    private readonly sources: () => SourceWatch,
  ) {
    this.queue = new JobQueue(ports.timers);
    this.jobs = new ActionJobs(ports);
    this.leases = new Leases(ports.clock, ports.timers, ports.leaseTermMs, (lease) => void this.lose(lease));
    this.workload = new Workload(ports.store, ports.readModels, {
      opened: (execution) => this.opened(execution),
      happened: (event, execution) => this.happened(event, execution),
      unreadable: (executionId, error) =>
        ports.logger.warn({ executionId, cause: causeOf(error) }, 'An execution can not be read; nobody works on it'),
    });
  }

  async start(): Promise<void> {
    await this.workload.start();
    this.leases.start();
    this.armExpiry();
  }

  async stop(): Promise<void> {
    this.expiry?.cancel();
    this.queue.stop();
    this.leases.stop();
    await this.workload.stop();
  }

  async lease(runner: Actor, project: string, request: LeaseRequest, signal: AbortSignal): Promise<LeaseReply> {
    this.leases.sawRunner(request.runnerId, runner.name, request.labels);
    const again = this.answerOf(project, request);
    return again === undefined ? this.queue.lease(project, request, signal) : { job: again };
  }

  /** The job that this very request was answered with, when the answer was lost. */
  private answerOf(project: string, request: LeaseRequest) {
    const lease = this.leases.answering(request.requestId);
    const execution = lease?.project === project ? this.workload.get(lease.executionId) : undefined;
    const job = execution?.state.jobs.get(lease?.jobId ?? '');
    if (execution !== undefined && job?.status === 'leased') return this.jobs.describe(execution, job, request);
    return this.sources().answerOf(request);
  }

  async heartbeat(
    runner: Actor,
    _project: string,
    request: HeartbeatRequest,
    signal: AbortSignal,
  ): Promise<HeartbeatReply> {
    this.leases.sawRunner(request.runnerId, runner.name);
    const directives = (): HeartbeatReply => ({
      jobs: request.jobs.map(({ jobId, nonce }) => this.directive(jobId, nonce)),
    });
    const now = directives();
    if (now.jobs.some(({ directive }) => directive !== 'continue')) return now;
    await this.leases.woken(request.runnerId, request.waitMs, signal);
    return directives();
  }

  private directive(jobId: string, nonce: string): HeartbeatReply['jobs'][number] {
    if (this.sources().renew(jobId, nonce)) return { jobId, directive: 'continue' };
    const lease = this.leases.get(jobId);
    if (lease === undefined || lease.nonceHash !== this.ports.secrets.hash(nonce))
      return { jobId, directive: 'forget', reason: 'This attempt is over.' };
    this.leases.renew(jobId);
    return lease.revoked
      ? { jobId, directive: 'cancel', reason: 'The action was ended.' }
      : { jobId, directive: 'continue' };
  }

  async report(grant: JobGrant, report: ReportRequest): Promise<JobAnswer<{ readonly recorded: true }>> {
    const reply =
      grant.kind === 'look' ? await this.sources().report(grant, report) : await this.jobs.report(grant, report);
    return reply.accepted ? { accepted: true, value: { recorded: true } } : reply;
  }

  async grant(jobToken: string): Promise<JobGrant | undefined> {
    const claims = this.ports.secrets.verify(jobToken);
    if (claims === undefined) return undefined;
    if (claims.kind === 'look') return this.sources().grant(claims.jobId);
    const execution = await this.workload.find(claims.project, claims.executionId);
    const job = execution?.state.jobs.get(claims.jobId);
    return execution === undefined || job?.leaseId !== claims.leaseId ? undefined : this.jobs.grant(execution, job);
  }

  status(): ReturnType<RunnerJobs['status']> {
    return { offered: this.queue.size, leased: this.leases.size, runners: this.leases.runners() };
  }

  private opened(execution: OpenExecution): void {
    for (const job of execution.state.jobs.values()) {
      if (job.status === 'offered') this.offer(execution, job);
      if (job.status === 'leased' || job.status === 'revoked') this.leased(execution, job);
    }
  }

  private offer(execution: OpenExecution, job: Job): void {
    const current = async (position: Position | undefined): Promise<OpenExecution | undefined> => {
      if (position !== undefined) await this.workload.reached(position);
      return this.workload.get(execution.executionId);
    };
    this.queue.offer(this.jobs.offer(execution, job, current));
  }

  private leased({ project, executionId }: OpenExecution, { jobId, leaseId, runnerId, nonceHash, status }: Job): void {
    if (runnerId !== undefined && nonceHash !== undefined && leaseId !== undefined)
      this.leases.add({ jobId, executionId, project, runnerId, nonceHash, leaseId, revoked: status === 'revoked' });
  }

  private happened(event: ExecutionEvent, execution: OpenExecution): void {
    const job = 'jobId' in event.data ? execution.state.jobs.get(event.data.jobId) : undefined;
    if (job === undefined) return;
    switch (job.status) {
      case 'offered':
        return this.offer(execution, job);
      case 'leased':
        this.queue.withdraw(job.jobId);
        return this.leased(execution, job);
      case 'revoked':
        this.queue.withdraw(job.jobId);
        return this.leases.revoke(job.jobId);
      case 'ended':
        this.queue.withdraw(job.jobId);
        return this.leases.end(job.jobId);
    }
  }

  private async lose({ project, executionId, jobId, runnerId }: Lease): Promise<void> {
    // Once; a command that fails is sent again after another term.
    this.leases.renew(jobId);
    const work = async (): Promise<void> => {
      const execution = await this.workload.find(project, executionId);
      const status = execution?.state.jobs.get(jobId)?.status;
      if (execution === undefined || (status !== 'leased' && status !== 'revoked')) return this.leases.end(jobId);
      await this.jobs.lose(execution, jobId, runnerId);
    };
    await this.attempt(work, 'A lost job could not be recorded; trying again', { jobId, runnerId });
  }

  private armExpiry(): void {
    this.expiry = this.ports.timers.after(EXPIRY_SCAN_MS, () => {
      for (const execution of this.workload.all()) this.expireDue(execution);
      this.armExpiry();
    });
  }

  private expireDue(execution: OpenExecution): void {
    const nowMs = this.ports.clock.nowMs() - EXPIRY_GRACE_MS;
    for (const { started, status } of execution.state.stage?.runs.values() ?? [])
      if (status === 'InProgress' && started.work === 'job' && Date.parse(started.dueAt) <= nowMs)
        void this.attempt(
          async () => void (await this.jobs.expire(execution, started)),
          'An expired action could not be recorded; trying again',
          {
            actionExecutionId: started.actionExecutionId,
          },
        );
  }

  private async attempt(work: () => Promise<void>, sentence: string, fields: object): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.ports.logger.warn({ ...fields, cause: causeOf(error) }, sentence);
    }
  }
}

const causeOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error));
