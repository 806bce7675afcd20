import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '@millrace/runtime';
import type { Logger } from '../ports.js';
import { sendError } from './answers.js';
import { correlationIdOf, SECURITY_HEADERS } from './gate.js';

/**
 * A GraphQL request's body, 1 MiB: a definition may have 512 KiB (`DEFINITION_BYTES_MAX`), and travels as text in a JSON string, where each
 * quote and line break of it takes two bytes. So its own rule refuses it, with a place and a sentence, and not a 413. The document beside it
 * has a limit of its own (graphql/limits.ts).
 */
export const GRAPHQL_BODY_BYTES_MAX = 1024 * 1024;

export function httpAdapter(ids: Ids, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    clientErrorHandler: refuseWhatIsNoHttp,
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

/** Bytes that are no request have no reply object, and get the same three members. */
function refuseWhatIsNoHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = CLIENT_ERRORS.get(error.code ?? '') ?? '400 Bad Request';
  const body = JSON.stringify({
    code: 'BAD_REQUEST',
    message: 'The request is no HTTP that this server takes.',
    correlationId: randomUUID(),
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const CLIENT_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);

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
