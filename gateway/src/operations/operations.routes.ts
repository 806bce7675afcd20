import type { FastifyInstance } from 'fastify';
import { sendError } from '../http/answers.js';
import type { Logger } from '../ports.js';
import { problems, type HealthCheck } from './health.js';
import type { Metrics } from './metrics.js';

export interface OperationsRoutesOptions {
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export function operationsRoutes({
  checks,
  metrics,
  logger,
}: OperationsRoutesOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, _request, reply) => sendError(reply, error, logger));
    app.get('/health/live', async () => ({ live: true }));
    app.get('/health/ready', async (_request, reply) => {
      const found = await problems(checks);
      return reply.code(found.length === 0 ? 200 : 503).send({ ready: found.length === 0, problems: found });
    });
    app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  };
}
