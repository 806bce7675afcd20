import type { IncomingMessage } from 'node:http';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '@millrace/runtime';
import type { Logger } from '../ports.js';
import { sendError } from './answers.js';
import { correlationIdOf, SECURITY_HEADERS } from './gate.js';

/** A GraphQL request's body. */
export const GRAPHQL_BODY_BYTES_MAX = 256 * 1024;

export function httpAdapter(ids: Ids, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    // What the router refuses comes by no hook.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void sendError(reply.headers({ ...SECURITY_HEADERS, 'x-correlation-id': request.id }), error, logger),
    bodyLimit: GRAPHQL_BODY_BYTES_MAX,
    genReqId: (request: IncomingMessage) => correlationIdOf(request.headers['x-correlation-id'], ids),
    requestIdHeader: false,
    // Every route is in the table of operations: none appears by itself.
    exposeHeadRoutes: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
  });
}

/** What Nest would answer in its own way. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    // GraphQL masks its own errors (graphql/format-error.ts).
    if (host.getType<string>() !== 'http') throw error;
    return sendError(host.switchToHttp().getResponse<FastifyReply>(), error, this.logger);
  }
}
