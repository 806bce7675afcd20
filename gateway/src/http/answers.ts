import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOperational } from '@millrace/runtime';
import type { Logger } from '../ports.js';

/** All that a client learns of an error, on every route. */
export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
}

/** Thrown by our routes to answer with a code and a sentence. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function isHttpRefusal(error: unknown): error is HttpRefusal {
  return Error.isError(error) && error.name === 'HttpRefusal';
}

/** Sentences of our own for what the framework refuses: its texts may quote what it was sent. */
const REFUSED_BY_FRAMEWORK: ReadonlyMap<number, ErrorAnswer> = new Map([
  [
    400,
    {
      code: 'BAD_REQUEST',
      message:
        'The request can’t be read: its body must be JSON without members named `__proto__` or `constructor.prototype`, its address well-formed.',
    },
  ],
  [404, { code: 'NOT_FOUND', message: 'There is nothing here.' }],
  [405, { code: 'METHOD_NOT_ALLOWED', message: 'This address does not take that method.' }],
  [408, { code: 'TOO_SLOW', message: 'The request took too long to arrive.' }],
  [411, { code: 'LENGTH_REQUIRED', message: 'Say with Content-Length how many bytes follow.' }],
  [413, { code: 'TOO_LARGE', message: 'The body is larger than this address takes.' }],
  [414, { code: 'TOO_LONG', message: 'The address is too long.' }],
  [415, { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'This address does not take that Content-Type.' }],
  [503, { code: 'UNAVAILABLE', message: 'The platform is stopping. Try again in a moment.' }],
]);

/**
 * What is left of a body that is too large is read and thrown away. A connection that is closed under a client that still sends is
 * reset, and the client never sees why.
 */
const DRAINED: Readonly<Record<string, string>> = { connection: 'keep-alive' };

export const MASKED: ErrorAnswer = {
  code: 'INTERNAL',
  message: 'Something went wrong on our side. The log of the platform knows more under this correlation id.',
};
export const UNAVAILABLE: ErrorAnswer = {
  code: 'UNAVAILABLE',
  message: 'A part of the platform can’t be reached at the moment. Try again; repeating is safe.',
};

/** Sends an error as `{ code, message, correlationId }`; what was not made for clients is logged and masked. */
export function sendError(reply: FastifyReply, error: unknown, logger: Logger): FastifyReply {
  const { status, answer, headers } = answerOf(error, logger, reply.request);
  return reply
    .code(status)
    .headers(headers)
    .type('application/json; charset=utf-8')
    .send({ ...answer, correlationId: reply.request.id });
}

function answerOf(
  error: unknown,
  logger: Logger,
  request: FastifyRequest,
): { readonly status: number; readonly answer: ErrorAnswer; readonly headers: Readonly<Record<string, string>> } {
  const fields = { correlationId: request.id, method: request.method, route: request.routeOptions?.url };
  if (isHttpRefusal(error))
    return {
      status: error.statusCode,
      answer: { code: error.code, message: error.message },
      headers: error.headers,
    };
  if (request.raw.destroyed && !request.raw.complete)
    return { status: 400, answer: { code: 'ABORTED', message: 'The request broke off.' }, headers: {} };
  if (isOperational(error)) {
    logger.warn({ ...fields, error }, 'A request met a fault of an engine');
    return { status: 503, answer: { code: error.code, message: UNAVAILABLE.message }, headers: { 'retry-after': '1' } };
  }
  const framework = REFUSED_BY_FRAMEWORK.get(statusOf(error));
  if (framework !== undefined)
    return { status: statusOf(error), answer: framework, headers: statusOf(error) === 413 ? DRAINED : {} };
  logger.error({ ...fields, error }, 'A request met a defect');
  return { status: 500, answer: MASKED, headers: {} };
}

/** Fastify's errors carry `statusCode`, Nest's exceptions `getStatus()`. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  const { statusCode, status } = error as { readonly statusCode?: unknown; readonly status?: unknown };
  if (typeof statusCode === 'number') return statusCode;
  return typeof status === 'number' ? status : 500;
}
