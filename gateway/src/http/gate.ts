import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '@millrace/runtime';
import { credentialOf, type Authentication } from '../access/authentication.js';
import { authorize, OPERATIONS } from '../access/operations.js';
import { isLoopback, type GatewayConfig } from '../config.js';
import { LIMITS } from '../graphql/limits.js';
import type { Logger, RequestContext, Viewer } from '../ports.js';
import { HttpRefusal, sendError } from './answers.js';
import { originGuard } from './origin.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the gate on every route that needs one. */
    viewer: Viewer | undefined;
  }
}

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Nothing of this server is a page; what it lets people download must not become one.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
};

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's correlation id, if it is a harmless one; else a new one. */
export function correlationIdOf(header: string | readonly string[] | undefined, ids: Ids): string {
  return typeof header === 'string' && CORRELATION_ID.test(header) ? header : ids.uuid();
}

export interface GateOptions {
  readonly config: GatewayConfig;
  readonly authentication: Authentication;
  readonly logger: Logger;
}

/** Before every route: who is addressed, from where, by whom, and may they. */
export function installGate(app: FastifyInstance, { config, authentication, logger }: GateOptions): void {
  const origin = originGuard(config);
  app.decorateRequest('viewer', undefined);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...SECURITY_HEADERS, 'x-correlation-id': request.id });
    const verdict = origin(request.headers);
    if (verdict !== 'allowed') return sendError(reply, strangers(verdict), logger);
    if (request.is404) return undefined;
    const refusal = admit(request, authentication);
    return refusal === undefined ? undefined : sendError(reply, refusal, logger);
  });
  app.addHook('preValidation', async (request, reply) => {
    if (request.routeOptions.url !== '/graphql' || documentLength(request.body) <= LIMITS.charactersMax)
      return undefined;
    return sendError(reply, longDocument(), logger);
  });
}

/** Of what is no request of GraphQL, 0: it is refused as such. By GET the address's own limit is far lower. */
function documentLength(body: unknown): number {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
  return typeof query === 'string' ? query.length : 0;
}

function longDocument(): HttpRefusal {
  const message = `A document has at most ${LIMITS.charactersMax} characters. Send long texts, a definition for one, as variables.`;
  return new HttpRefusal(413, 'DOCUMENT_TOO_LARGE', message);
}

function strangers(verdict: 'foreign-host' | 'foreign-origin'): HttpRefusal {
  return verdict === 'foreign-host'
    ? new HttpRefusal(
        421,
        'FOREIGN_HOST',
        'This platform is not known by that host name. Add it to MILLRACE_ALLOWED_HOSTS.',
      )
    : new HttpRefusal(403, 'FOREIGN_ORIGIN', 'Pages of other sites may not use this platform.');
}

/** The operation that a request asks for; every route is in the table, or closed. */
export function operationOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? ''}`;
}

function admit(request: FastifyRequest, authentication: Authentication): HttpRefusal | undefined {
  const operation = operationOf(request);
  // A job's token is no principal's: the runner API looks at it.
  if (OPERATIONS[operation] === 'job') return undefined;
  request.viewer = authentication.viewer(credentialOf(request.headers));
  if (OPERATIONS[operation] === 'viewer-or-loopback' && fromThisMachine(request)) return undefined;
  switch (authorize(operation, request.viewer)) {
    case 'allowed':
      return undefined;
    case 'unauthenticated':
      return new HttpRefusal(401, 'UNAUTHENTICATED', 'Show a valid token: `Authorization: Bearer mrt_…`.', {
        'www-authenticate': 'Bearer',
      });
    case 'forbidden':
      return new HttpRefusal(403, 'FORBIDDEN', 'Your token does not allow this.');
  }
}

/** A proxy on this machine speaks for others. */
function fromThisMachine(request: FastifyRequest): boolean {
  const forwarded = request.headers['forwarded'] ?? request.headers['x-forwarded-for'] ?? request.headers['via'];
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return forwarded === undefined && isLoopback(address);
}

/** What a request that passed the gate brings along. */
export function requestContext(request: FastifyRequest): RequestContext {
  if (request.viewer === undefined) throw new Error('The gate let a request through without a viewer.');
  const { traceparent } = request.headers;
  return {
    viewer: request.viewer,
    correlationId: request.id,
    ...(typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}),
  };
}

/** Aborted when the client has gone before its answer was sent. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
