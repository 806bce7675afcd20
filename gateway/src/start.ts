import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { openAuthentication, tokenAuthentication, type Authentication } from './access/authentication.js';
import { Principals } from './access/principals.js';
import { refuseOpenDoor, type GatewayConfig } from './config.js';
import { projections } from './projections.js';
import { GatewayModule, type GatewayParts, type GatewayPorts } from './gateway.module.js';
import { Sessions, SignInLinks } from './access/sessions.js';
import { serveSubscriptions, type SubscriptionServer } from './graphql/socket.js';
import { consoleRoutes } from './http/console.routes.js';
import { downloadRoutes } from './http/downloads.routes.js';
import { installGate } from './http/gate.js';
import { ErrorFilter, httpAdapter } from './http/http.adapter.js';
import { sessionRoutes } from './http/session.routes.js';
import { DocumentFeed } from './live/document-feed.js';
import { liveFeed } from './live/live-feed.js';
import { visibility } from './live/visibility.js';
import { projectionChecks, storeCheck, type HealthCheck } from './operations/health.js';
import { metrics, type Metrics } from './operations/metrics.js';
import { operationsRoutes } from './operations/operations.routes.js';
import { runnerRoutes } from './runner-api/runner.routes.js';
import { Uploads } from './runner-api/uploads.js';

/** How long requests in flight may take once the gateway closes. */
const DRAIN_MS_MAX = 3_000;

export interface RunningGateway {
  /** e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Every route that is served, as `METHOD /path`: what the table of operations must have. */
  readonly routes: readonly string[];
  /**
   * A link that signs one browser in, once within 10 minutes, with the rights of a token.
   *
   * @returns undefined when the token is not valid.
   */
  signInLink(token: string): string | undefined;
  /** Ends sockets and long polls, lets other requests end (3 s at most), then closes. The ports stay open: they are not ours. */
  close(): Promise<void>;
}

/**
 * Serves everything of the gateway.
 *
 * @throws RangeError when the configuration would let strangers in.
 */
export async function startGateway(ports: GatewayPorts, config: GatewayConfig): Promise<RunningGateway> {
  refuseOpenDoor(config);
  const { store, readModels, projector, logger } = ports;
  const principals = await Principals.start(ports);
  const documents = await DocumentFeed.start({ store, readModels, projector, projections, logger });
  const parts: GatewayParts = {
    principals,
    live: liveFeed(documents, store, ports.logs),
    visibility: visibility(store, projector),
  };
  const stopping = new AbortController();
  const links = new SignInLinks(ports.clock);
  const served = await serve({ ports, parts, config, documents, links, stopping: stopping.signal });
  return {
    url: served.url,
    routes: served.routes,
    signInLink(token) {
      const viewer = principals.viewer(token);
      return viewer && `${served.url}/sign-in#${links.issue(viewer)}`;
    },
    async close() {
      stopping.abort();
      await served.close();
      await documents.close();
      await principals.close();
    },
  };
}

interface Serving {
  readonly ports: GatewayPorts;
  readonly parts: GatewayParts;
  readonly config: GatewayConfig;
  readonly documents: DocumentFeed;
  readonly links: SignInLinks;
  readonly stopping: AbortSignal;
}

async function serve(serving: Serving): Promise<Omit<RunningGateway, 'signInLink'>> {
  const { ports, parts, config } = serving;
  const authentication =
    config.auth === 'open' ? openAuthentication(parts.principals) : tokenAuthentication(parts.principals);
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.register(ports, parts, config),
    httpAdapter(ports.ids, ports.logger),
    { logger: false, abortOnError: false, bodyParser: false },
  );
  app.useGlobalFilters(new ErrorFilter(ports.logger));
  const opened: { subscriptions?: SubscriptionServer } = {};
  const scraped = measured(serving, () => opened.subscriptions?.sockets ?? 0);
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const served: string[] = [];
  fastify.addHook('onRoute', ({ method, url }) => void served.push(...[method].flat().map((name) => `${name} ${url}`)));
  await routes(fastify, { ...serving, authentication, scraped });
  await app.init();
  const subscriptions = (opened.subscriptions = serveSubscriptions(app.getHttpServer(), {
    schema: app.get(GraphQLSchemaHost, { strict: false }).schema,
    config,
    authentication,
    logger: ports.logger,
    ids: ports.ids,
  }));
  await app.listen({ host: config.host, port: config.port });
  return {
    url: urlOf(app.getHttpServer().address() as AddressInfo),
    routes: served,
    async close() {
      const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS_MAX);
      await subscriptions.close();
      await app.close();
      clearTimeout(cut);
      scraped.close();
    },
  };
}

function measured({ ports, config }: Serving, sockets: () => number): Metrics {
  return metrics({
    ...ports,
    sockets,
    ...(config.dataDirectory === undefined ? {} : { dataDirectory: config.dataDirectory }),
  });
}

async function routes(
  app: FastifyInstance,
  serving: Serving & { readonly authentication: Authentication; readonly scraped: Metrics },
): Promise<void> {
  const { ports, parts, config, authentication, scraped, stopping } = serving;
  const { store, objects, logs, commands, logger } = ports;
  installGate(app, { config, authentication, logger });
  await app.register(operationsRoutes({ checks: checks(serving), metrics: scraped, logger }));
  await app.register(consoleRoutes({ logger }));
  const sessions = new Sessions({ ...ports, principals: parts.principals });
  await app.register(sessionRoutes({ authentication, sessions, links: serving.links, logger }));
  await app.register(downloadRoutes({ store, objects, logs, logger }));
  const uploads = new Uploads({ store, objects, commands, artifactBytesMax: config.artifactBytesMax });
  const jobs = ports.runnerJobs;
  await app.register(runnerRoutes({ authentication, jobs, logs, objects, uploads, logger, stopping }));
}

function checks({ ports, parts, documents, stopping }: Serving): readonly HealthCheck[] {
  return [
    storeCheck(ports.store),
    ...projectionChecks(ports.projector),
    { name: 'tokens', problem: () => (parts.principals.failure === undefined ? undefined : 'have stopped') },
    { name: 'live feed', problem: () => (documents.failure === undefined ? undefined : 'has stopped') },
    { name: 'gateway', problem: () => (stopping.aborted ? 'is stopping' : undefined) },
  ];
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
