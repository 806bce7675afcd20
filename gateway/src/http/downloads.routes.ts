import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ActionLogs } from '@millrace/action-logs';
import { streams } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactEvent, type ArtifactStored } from '@millrace/contracts/artifact';
import type { EventStore } from '@millrace/event-store';
import type { ObjectStore } from '@millrace/object-store';
import type { Logger, Viewer } from '../ports.js';
import { HttpRefusal, sendError } from './answers.js';
import { requestContext } from './gate.js';

export interface DownloadsOptions {
  readonly store: EventStore;
  readonly objects: ObjectStore;
  readonly logs: ActionLogs;
  readonly logger: Logger;
}

const artifactParams = z.object({ artifactId: z.uuid() });
const logParams = z.object({ executionId: z.uuid(), actionExecutionId: z.uuid() });
/** `?offset=`, a place in a log. */
export const byteOffset = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number of bytes')
  .transform(Number);
const logQuery = z.object({ offset: byteOffset.default(0) });

/** What people take home: always as a file, never as a page. */
export function downloadRoutes(options: DownloadsOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, _request, reply) => sendError(reply, error, options.logger));
    app.get('/artifacts/:artifactId', (request, reply) => artifact(request, reply, options));
    app.get('/logs/:executionId/:actionExecutionId', (request, reply) => log(request, reply, options));
  };
}

async function artifact(
  request: FastifyRequest,
  reply: FastifyReply,
  options: DownloadsOptions,
): Promise<FastifyReply> {
  const { viewer } = requestContext(request);
  const params = artifactParams.safeParse(request.params);
  const found = params.success ? await artifactOf(params.data.artifactId, viewer, options) : undefined;
  if (found === undefined) throw new HttpRefusal(404, 'NOT_FOUND', 'There is no such artifact.');
  const { stored, expired } = found;
  const object = expired ? undefined : await options.objects.stat(viewer.project, stored.sha256);
  if (object === undefined) throw new HttpRefusal(410, 'EXPIRED', 'The artifact’s bytes were removed.');
  return reply
    .headers({
      'content-type': 'application/zip',
      'content-length': String(object.size),
      'content-disposition': attachment(`${stored.pipelineName}-${stored.name}-${stored.sha256.slice(0, 12)}.zip`),
      'x-content-sha256': object.sha256,
    })
    .send(await options.objects.read(viewer.project, stored.sha256));
}

async function artifactOf(
  artifactId: string,
  viewer: Viewer,
  { store }: DownloadsOptions,
): Promise<{ readonly stored: ArtifactStored; readonly expired: boolean } | undefined> {
  const { events } = await store.readStream(streams.artifact(viewer.project, artifactId));
  const facts = events.map((event) => artifactEventTypes.decode<ArtifactEvent>(event));
  const stored = facts.find((fact) => fact.type === 'ArtifactStored');
  return stored && { stored: stored.data, expired: facts.some((fact) => fact.type === 'ArtifactExpired') };
}

async function log(request: FastifyRequest, reply: FastifyReply, options: DownloadsOptions): Promise<FastifyReply> {
  const { viewer } = requestContext(request);
  const params = logParams.safeParse(request.params);
  const query = logQuery.safeParse(request.query);
  if (!query.success) throw new HttpRefusal(400, 'BAD_USER_INPUT', 'offset must be a whole number of bytes from 0.');
  const id = params.success ? { project: viewer.project, ...params.data } : undefined;
  const state = id && (await options.logs.state(id));
  // A log that nobody has written to is not told from one that can't be.
  if (id === undefined || state === undefined || (state.bytes === 0 && !state.closed))
    throw new HttpRefusal(404, 'NOT_FOUND', 'There is no such log, or nothing was written to it yet.');
  return reply
    .headers({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': attachment(`${id.actionExecutionId}.log`),
      'x-log-closed': String(state.closed),
    })
    .send(await options.logs.stream(id, Math.min(query.data.offset, state.bytes)));
}

function attachment(fileName: string): string {
  return `attachment; filename="${fileName.replaceAll(/[^A-Za-z0-9._-]/g, '_')}"`;
}
