import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z, type ZodType } from 'zod';
import type { ActionLogs } from '@millrace/action-logs';
import {
  heartbeatRequest,
  leaseRequest,
  LOG_CHUNK_BYTES_MAX,
  reportRequest,
  type JobAnswer,
  type JobGrant,
  type LogReply,
  type RunnerJobs,
} from '@millrace/contracts/runner';
import type { ObjectStore } from '@millrace/object-store';
import { isOperational } from '@millrace/runtime';
import { bearer, type Authentication } from '../access/authentication.js';
import { HttpRefusal, sendError } from '../http/answers.js';
import { byteOffset } from '../http/downloads.routes.js';
import { clientGone } from '../http/gate.js';
import type { Logger, Viewer } from '../ports.js';
import type { Uploads } from './uploads.js';

/** JSON bodies of the runner API: a report's output variables may be large. */
const JSON_BYTES_MAX = 1024 * 1024;

export interface RunnerRoutesOptions {
  readonly authentication: Authentication;
  readonly jobs: RunnerJobs;
  readonly logs: ActionLogs;
  readonly objects: ObjectStore;
  readonly uploads: Uploads;
  readonly logger: Logger;
  /** Aborted when the platform stops: long polls end. */
  readonly stopping: AbortSignal;
}

const jobParams = z.object({ jobId: z.uuid() });
const artifactParams = z.object({ jobId: z.uuid(), name: z.string().regex(/^[a-zA-Z0-9_-]{1,100}$/) });
const logQuery = z.object({ offset: byteOffset });

/** `/runner/v1` (docs/decisions/0018): what a runner and its jobs may do, and nothing else. */
export function runnerRoutes(options: RunnerRoutesOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, _request, reply) => sendError(reply, error, options.logger));
    // Logs and artifacts are raw bytes: whatever their type says, nothing here reads them as anything else.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: JSON_BYTES_MAX },
      app.getDefaultJsonParser('error', 'error'),
    );
    leasing(app, options);
    app.post('/runner/v1/jobs/:jobId/report', { bodyLimit: JSON_BYTES_MAX }, (request) => report(request, options));
    await app.register(async (raw) => logRoute(raw, options));
    await app.register(async (raw) => artifactRoutes(raw, options));
  };
}

function leasing(app: FastifyInstance, options: RunnerRoutesOptions): void {
  const { jobs } = options;
  app.post('/runner/v1/lease', { bodyLimit: JSON_BYTES_MAX }, async (request, reply) => {
    const body = parse(leaseRequest, request.body);
    return longPoll(request, reply, options, ({ actor, project }, signal) => jobs.lease(actor, project, body, signal));
  });
  app.post('/runner/v1/heartbeat', { bodyLimit: JSON_BYTES_MAX }, async (request, reply) => {
    const body = parse(heartbeatRequest, request.body);
    return longPoll(request, reply, options, ({ actor, project }, signal) =>
      jobs.heartbeat(actor, project, body, signal),
    );
  });
}

/**
 * Ends early when the runner has gone, the platform stops, or the token becomes void: who was let in 20 s ago must not be handed a job, and
 * its token with it, after the revocation was answered.
 */
async function longPoll<Answer>(
  request: FastifyRequest,
  reply: FastifyReply,
  { authentication, stopping }: RunnerRoutesOptions,
  ask: (runner: Viewer, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const runner = runnerOf(request);
  const voided = new AbortController();
  const forget = authentication.onVoid(runner, () => voided.abort());
  try {
    const answer = await ask(runner, AbortSignal.any([clientGone(reply), stopping, voided.signal]));
    if (!voided.signal.aborted) return answer;
  } finally {
    forget();
  }
  throw new HttpRefusal(401, 'UNAUTHENTICATED', 'The runner’s token is not valid any more.', {
    'www-authenticate': 'Bearer',
  });
}

async function report(request: FastifyRequest, { jobs, uploads }: RunnerRoutesOptions): Promise<unknown> {
  const grant = await grantOf(request, jobs);
  const body = parse(reportRequest, request.body);
  if (body.result.status === 'succeeded') await uploads.require(grant, body.result.outputArtifacts ?? []);
  return valueOf(await jobs.report(grant, body));
}

function logRoute(app: FastifyInstance, { jobs, logs }: RunnerRoutesOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LOG_CHUNK_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  );
  app.put(
    '/runner/v1/jobs/:jobId/log',
    { bodyLimit: LOG_CHUNK_BYTES_MAX },
    async (request, reply): Promise<LogReply> => {
      const grant = await activeGrantOf(request, jobs);
      if (grant.kind !== 'action') throw new HttpRefusal(404, 'NOT_FOUND', 'A look at a source keeps no log.');
      const { offset } = parse(logQuery, request.query);
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const log = {
        project: grant.project,
        executionId: grant.executionId,
        actionExecutionId: grant.actionExecutionId,
      };
      try {
        return { size: await logs.append(log, offset, bytes) };
      } catch (error) {
        // Sent again it would be refused again, and the action's result wait behind it.
        if (isOperational(error) && !error.retryable)
          throw new HttpRefusal(409, 'LOG_DAMAGED', 'What is stored of this log is damaged: nothing is added to it.');
        if (!Error.isError(error) || error.name !== 'RangeError') throw error;
        const state = await logs.state(log);
        void reply.header('x-log-size', String(state.bytes));
        throw state.closed
          ? new HttpRefusal(409, 'LOG_CLOSED', `The log was closed at ${state.bytes} bytes.`)
          : new HttpRefusal(409, 'LOG_GAP', `The log has ${state.bytes} bytes. Send on from there.`);
      }
    },
  );
}

function artifactRoutes(app: FastifyInstance, { jobs, objects, uploads }: RunnerRoutesOptions): void {
  app.removeAllContentTypeParsers();
  // The stream itself: an artifact is written while it arrives, and never held.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.put('/runner/v1/jobs/:jobId/artifacts/:name', async (request) => {
    const grant = await activeGrantOf(request, jobs);
    const { name } = parse(artifactParams, request.params);
    const content = (request.body as Readable | undefined) ?? request.raw;
    return uploads.store(grant, name, { content, headers: request.headers, correlationId: request.id });
  });
  app.get('/runner/v1/jobs/:jobId/artifacts/:name', async (request, reply): Promise<FastifyReply> => {
    const grant = await activeGrantOf(request, jobs);
    const { name } = parse(artifactParams, request.params);
    const input = grant.inputArtifacts.find((artifact) => artifact.name === name);
    const stored = input && (await objects.stat(grant.project, input.sha256));
    if (input === undefined || stored === undefined)
      throw new HttpRefusal(404, 'NOT_FOUND', `This job has no input artifact ${name}, or it has expired.`);
    return reply
      .headers({
        'content-type': 'application/zip',
        'content-length': String(stored.size),
        'x-content-sha256': stored.sha256,
      })
      .send(await objects.read(grant.project, input.sha256));
  });
}

function runnerOf(request: FastifyRequest): Viewer {
  if (request.viewer === undefined) throw new Error('The gate let a runner through without a token.');
  return request.viewer;
}

/** A job's token reaches that job, and nothing else is there for it. */
async function grantOf(request: FastifyRequest, jobs: RunnerJobs): Promise<JobGrant> {
  const { jobId } = parse(jobParams, request.params);
  const { authorization } = request.headers;
  const grant = authorization === undefined ? undefined : await jobs.grant(bearer(authorization));
  if (grant === undefined)
    throw new HttpRefusal(401, 'UNAUTHENTICATED', 'Show the job’s token: `Authorization: Bearer …`.', {
      'www-authenticate': 'Bearer',
    });
  if (grant.jobId !== jobId) throw new HttpRefusal(404, 'NOT_FOUND', 'There is no such job.');
  return grant;
}

/** For bytes: an attempt that is over adds nothing and takes nothing. Its report is answered all the same. */
async function activeGrantOf(request: FastifyRequest, jobs: RunnerJobs): Promise<JobGrant> {
  const grant = await grantOf(request, jobs);
  if (grant.active) return grant;
  throw new HttpRefusal(409, 'STALE_ATTEMPT', 'This attempt is over. End its work and forget it.');
}

/** Codes of refusals that mean that something is not there; all others mean that the moment has passed. */
const ABSENT: ReadonlySet<string> = new Set(['JOB_NOT_FOUND', 'EXECUTION_NOT_FOUND', 'ACTION_NOT_FOUND']);

function valueOf<T>(answer: JobAnswer<T>): T {
  if (answer.accepted) return answer.value;
  throw new HttpRefusal(ABSENT.has(answer.code) ? 404 : 409, answer.code, answer.message);
}

function parse<T>(schema: ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const FINDINGS_MAX = 10;
  const findings = parsed.error.issues
    .slice(0, FINDINGS_MAX)
    .map((issue) => `${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}`);
  throw new HttpRefusal(400, 'BAD_USER_INPUT', findings.join('; ').slice(0, 1_000));
}
