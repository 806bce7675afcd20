import type { Actor } from '@millrace/decider';
import type { HeartbeatReply, HeartbeatRequest, LeaseReply, LeaseRequest, ReportRequest } from './protocol.js';

/** What a job token reaches: this job, nothing else. */
export interface JobGrant {
  readonly kind: 'action' | 'look';
  /** False: the attempt is over. Only its report is still answered (as the first time, or as stale); bytes are refused. */
  readonly active: boolean;
  readonly project: string;
  readonly jobId: string;
  readonly pipelineId: string;
  readonly pipelineName: string;
  /** Empty for a look. */
  readonly executionId: string;
  readonly stageName: string;
  readonly actionName: string;
  readonly actionExecutionId: string;
  readonly inputArtifacts: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[];
  readonly outputArtifacts: readonly { readonly name: string }[];
}

export type JobAnswer<T> =
  | { readonly accepted: true; readonly value: T }
  | { readonly accepted: false; readonly code: string; readonly message: string };

/** The execution service's side of the runner API; the gateway speaks HTTP for it. */
export interface RunnerJobs {
  /** Waits up to `request.waitMs`; the signal ends the wait (the runner has gone). The same request id gets the same job. */
  lease(runner: Actor, project: string, request: LeaseRequest, signal: AbortSignal): Promise<LeaseReply>;

  /** Renews at once, then waits up to `request.waitMs` for a directive other than `continue`. */
  heartbeat(runner: Actor, project: string, request: HeartbeatRequest, signal: AbortSignal): Promise<HeartbeatReply>;

  /** Repeating a report is safe and answered as the first time. Refused with `STALE_ATTEMPT` when the attempt is over. */
  report(grant: JobGrant, report: ReportRequest): Promise<JobAnswer<{ readonly recorded: true }>>;

  /** Undefined for a token that is not ours. */
  grant(jobToken: string): Promise<JobGrant | undefined>;

  /** For health, metrics and the `platform` query. */
  status(): {
    readonly offered: number;
    readonly leased: number;
    readonly runners: readonly {
      readonly runnerId: string;
      readonly name: string;
      readonly labels: readonly string[];
      readonly jobs: number;
      readonly lastSeenAt: string;
    }[];
  };
}
