import type { Actor } from '@millrace/decider';
import type {
  HeartbeatRequest,
  JobGrant,
  LeaseReply,
  LeaseRequest,
  ReportRequest,
  RunnerJobs,
} from '@millrace/contracts/runner';

/** The execution service's side of the runner API, as a test writes it. */
export interface ScriptedJobs extends RunnerJobs {
  readonly leases: { readonly runner: Actor; readonly project: string; readonly request: LeaseRequest }[];
  readonly reports: { readonly grant: JobGrant; readonly report: ReportRequest }[];
  /** How many long polls wait. */
  readonly waiting: () => number;
  /** Makes a token good for a job. */
  grantTo(token: string, grant: JobGrant): void;
  /** From now on reports are refused. */
  refuseReports(code: string): void;
}

export function scriptedJobs(): ScriptedJobs {
  const grants = new Map<string, JobGrant>();
  const leases: ScriptedJobs['leases'] = [];
  const reports: ScriptedJobs['reports'] = [];
  let waiting = 0;
  let refusal: string | undefined;

  const wait = async (waitMs: number, signal: AbortSignal): Promise<void> => {
    waiting += 1;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    waiting -= 1;
  };
  return {
    leases,
    reports,
    waiting: () => waiting,
    grantTo: (token, grant) => void grants.set(token, grant),
    refuseReports: (code) => (refusal = code),
    async lease(runner, project, request, signal): Promise<LeaseReply> {
      leases.push({ runner, project, request });
      await wait(request.waitMs, signal);
      return {};
    },
    async heartbeat(_runner, _project, request: HeartbeatRequest, signal) {
      await wait(request.waitMs, signal);
      return { jobs: request.jobs.map(({ jobId }) => ({ jobId, directive: 'continue' as const })) };
    },
    async report(grant, report) {
      if (refusal !== undefined) return { accepted: false, code: refusal, message: 'This attempt is over.' };
      reports.push({ grant, report });
      return { accepted: true, value: { recorded: true } };
    },
    grant: async (token) => grants.get(token),
    status: () => ({ offered: 2, leased: 1, runners: [] }),
  };
}
