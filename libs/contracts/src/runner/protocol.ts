/**
 * The runner API, `/runner/v1` on the gateway (docs/decisions/0018). JSON bodies of at most 1 MiB; logs and artifacts are raw bytes.
 * Authorization: `Bearer <token>`: the runner's own token for `lease` and `heartbeat`, the job's token for everything of one job.
 * Errors: `{ code, message, correlationId }`; 409 with `STALE_ATTEMPT` means: this attempt is over, end the work and forget it.
 */
import { z } from 'zod';

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const artifactName = z.string().regex(/^[a-zA-Z0-9_-]{1,100}$/);
const text = (max: number) => z.string().max(max);

/** A term without a heartbeat after which a job is lost. */
export const LEASE_TERM_MS = 30_000;
export const HEARTBEAT_MS = 10_000;
/** How long the gateway holds a `lease` or `heartbeat` request that has nothing to say. */
export const LONG_POLL_MS = 20_000;
export const OUTPUT_VARIABLES_BYTES_MAX = 122_880;
export const LOG_CHUNK_BYTES_MAX = 1_048_576;

// POST /runner/v1/lease ─────────────────────────────────────────────────────

export const leaseRequest = z.strictObject({
  /** New for every request; the same when an answer was lost, and then answered with the same job. */
  requestId: uuid,
  /** Stable as long as the runner's process lives. */
  runnerId: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
  /** What the runner offers; a job is leased only to a runner that has all the labels it asks for. */
  labels: z.array(z.string().regex(/^[A-Za-z0-9._:/-]{1,100}$/)).max(50),
  /** Milliseconds to wait for a job, at most {@link LONG_POLL_MS}. */
  waitMs: z.int().min(0).max(LONG_POLL_MS),
});
export type LeaseRequest = z.infer<typeof leaseRequest>;

export interface ActionTypeId {
  readonly category: string;
  readonly owner: string;
  readonly provider: string;
  readonly version: string;
}

interface Leased {
  readonly jobId: string;
  /** Unguessable; every report of this attempt carries it. */
  readonly nonce: string;
  /** Reaches only this job. */
  readonly jobToken: string;
  readonly leaseTermMs: number;
  readonly project: string;
  readonly pipelineName: string;
  readonly actionTypeId: ActionTypeId;
  /** Variables are resolved. */
  readonly configuration: Readonly<Record<string, string>>;
  /** The whole work, from the lease; then the runner ends the process tree and reports `TimedOut`. */
  readonly timeoutMs: number;
}

/** An action's work. */
export interface ActionJob extends Leased {
  readonly kind: 'action';
  /** 1 for the first lease of this action execution; grows when a job was handed back. */
  readonly attempt: number;
  readonly pipelineId: string;
  readonly pipelineVersion: number;
  readonly executionId: string;
  readonly stageName: string;
  readonly actionName: string;
  readonly actionExecutionId: string;
  readonly commands?: readonly string[];
  readonly environmentVariables?: readonly { readonly name: string; readonly value: string; readonly type?: string }[];
  /** Names of environment variables to export (Commands). */
  readonly outputVariables?: readonly string[];
  readonly inputArtifacts: readonly {
    readonly name: string;
    readonly sha256: string;
    readonly bytes: number;
    /** The source revision that it holds, where a source action has stored it. */
    readonly revisionId?: string;
  }[];
  readonly outputArtifacts: readonly { readonly name: string; readonly files?: readonly string[] }[];
  /** Source actions: the revision to fetch instead of the branch's head. */
  readonly revision?: string;
  /** What started the execution, for `CODEBUILD_INITIATOR` and the like. */
  readonly trigger: { readonly type: string; readonly detail: string };
}

/** A look at a source: has it changed? (docs/decisions/0024) Nothing of it is recorded unless it has. */
export interface LookJob extends Leased {
  readonly kind: 'look';
  readonly pipelineId: string;
  readonly actionName: string;
  /** The revision that was seen last. */
  readonly cursor?: string;
}

export type Job = ActionJob | LookJob;

export interface LeaseReply {
  /** Absent: nothing to do; ask again. */
  readonly job?: Job;
}

// POST /runner/v1/heartbeat ─────────────────────────────────────────────────

/** Renews the leases on arrival, then waits up to `waitMs` for something to say. */
export const heartbeatRequest = z.strictObject({
  runnerId: leaseRequest.shape.runnerId,
  jobs: z.array(z.strictObject({ jobId: uuid, nonce: text(64) })).max(1_000),
  waitMs: z.int().min(0).max(LONG_POLL_MS),
});
export type HeartbeatRequest = z.infer<typeof heartbeatRequest>;

export interface HeartbeatReply {
  /**
   * `continue`; `cancel`: end the process tree, then report `cancelled`; `forget`: the attempt is over (lost, answered, unknown), end the
   * process tree and report nothing.
   */
  readonly jobs: readonly {
    readonly jobId: string;
    readonly directive: 'continue' | 'cancel' | 'forget';
    readonly reason?: string;
  }[];
}

// POST /runner/v1/jobs/:jobId/report ────────────────────────────────────────

export const revision = z.strictObject({
  /** Commit id. */
  revisionId: text(1_500).min(1),
  summary: text(2_048).optional(),
  url: text(2_048).optional(),
  /** When the revision was made, ISO 8601. */
  createdAt: text(40).optional(),
  author: text(300).optional(),
});
export type Revision = z.infer<typeof revision>;

const commit = z.strictObject({ id: text(100), summary: text(2_048), author: text(300), committedAt: text(40) });

const outputVariables = z
  .array(z.strictObject({ name: z.string().regex(/^[A-Za-z0-9@_-]{1,128}$/), value: text(OUTPUT_VARIABLES_BYTES_MAX) }))
  .max(500);

export const succeeded = z.strictObject({
  status: z.literal('succeeded'),
  summary: text(2_048).optional(),
  externalExecutionId: text(1_500).optional(),
  externalExecutionUrl: text(2_048).optional(),
  outputVariables: outputVariables.optional(),
  /** Each must have been uploaded before. */
  outputArtifacts: z
    .array(z.strictObject({ name: artifactName, sha256, bytes: z.int().min(0) }))
    .max(50)
    .optional(),
  revision: revision.optional(),
});

export const failed = z.strictObject({
  status: z.literal('failed'),
  /** `JobFailed`, `ConfigurationError`, `PermissionError`, `RevisionUnavailable`, `SystemUnavailable`, `TimedOut`, `RunnerStopped`, … */
  code: z.string().regex(/^[A-Za-z]{1,50}$/),
  message: text(5_000),
  summary: text(2_048).optional(),
  externalExecutionId: text(1_500).optional(),
  outputVariables: outputVariables.optional(),
});

/** The runner stops in an orderly way before the work was done: offered again, as a new attempt (docs/decisions/0020). */
export const returned = z.strictObject({ status: z.literal('returned'), reason: text(300) });

/** The answer to `cancel`: nothing of the attempt runs any more. */
export const cancelled = z.strictObject({ status: z.literal('cancelled') });

/** The end of a look. */
export const looked = z.strictObject({
  status: z.literal('looked'),
  revision,
  /** New since the cursor, newest first; 250 at most. */
  commits: z.array(commit).max(250).optional(),
});

export const reportRequest = z.strictObject({
  nonce: text(64),
  /** Size of the log after the last chunk; the gateway closes the log there. */
  logBytes: z.int().min(0).optional(),
  result: z.discriminatedUnion('status', [succeeded, failed, returned, cancelled, looked]),
});
export type ReportRequest = z.infer<typeof reportRequest>;
export type JobResult = ReportRequest['result'];
export type CommitInfo = z.infer<typeof commit>;

export interface ReportReply {
  /** True also when the same report is repeated. */
  readonly recorded: true;
}

// PUT /runner/v1/jobs/:jobId/log?offset=N        raw bytes → LogReply; 409 `LOG_GAP` names the size
// PUT /runner/v1/jobs/:jobId/artifacts/:name     raw bytes, Content-Length, `X-Content-SHA256` → ArtifactReply
// GET /runner/v1/jobs/:jobId/artifacts/:name     the bytes of an input artifact

export interface LogReply {
  readonly size: number;
}

export interface ArtifactReply {
  readonly sha256: string;
  readonly bytes: number;
}

export interface RunnerError {
  readonly code: string;
  readonly message: string;
  readonly correlationId: string;
}
