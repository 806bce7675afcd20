import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { FilesActionLogs } from '@millrace/action-logs/files';
import { artifactEventTypes, type ArtifactCommand, type ArtifactEvent } from '@millrace/contracts/artifact';
import { streams, type JsonObject, type StreamName } from '@millrace/contracts';
import { accept, NAMESPACES, uuidV5, type Actor, type Decider } from '@millrace/decider';
import { commandHandler, type EventStore, type Position } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { directCommands, type CommandReceiver, type CommandTarget } from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, systemTimers } from '@millrace/runtime';
import { accessReceiver } from '../access/access.commands.js';
import { ensureAdminToken, ensureRunnerToken } from '../access/first-tokens.js';
import { gatewayConfig, type GatewayConfig } from '../config.js';
import { projections } from '../projections.js';
import type { Definitions } from '../pipeline-definition/ports.js';
import type { Logger } from '../ports.js';
import { startGateway, type RunningGateway } from '../start.js';
import { scriptedJobs, type ScriptedJobs } from './scripted-jobs.js';

/** A gateway on the embedded engines in a directory of its own. Only the jobs are scripted: leasing belongs to another service. */
export interface Harness {
  readonly directory: string;
  readonly adminToken: string;
  readonly runnerToken: string;
  readonly jobs: ScriptedJobs;
  readonly store: EventStore;
  readonly logs: FilesActionLogs;
  readonly objects: FilesObjectStore;
  /** What was logged as warning or error. */
  readonly logged: readonly string[];
  url: string;
  /** A request with the admin's token unless told otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  graphql(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphQLAnswer>;
  socket(params?: Record<string, unknown>, headers?: Record<string, string>): Client;
  createToken(role: string, expiresAt?: string): Promise<{ readonly id: string; readonly secret: string }>;
  /** Appends a fact as its owner would. */
  append(stream: StreamName, type: string, data: JsonObject): Promise<Position>;
  /** A fact of the platform's own stream: an event like any other. */
  happen(witness: string): Promise<Position>;
  restartGateway(): Promise<void>;
  /** Every route that is served, as `METHOD /path`. */
  routes(): readonly string[];
  stop(): Promise<void>;
}

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Record<string, never> | null | undefined;
  readonly errors:
    | readonly {
        readonly message: string;
        readonly extensions: { readonly code: string; readonly correlationId?: string };
      }[]
    | undefined;
}

/** Records artifacts as they come: the rules belong to the artifact service. */
const artifactDecider: Decider<ArtifactCommand, null, ArtifactEvent> = {
  name: 'artifact',
  version: 1,
  initial: null,
  decide: (command) =>
    command.type === 'RecordArtifact'
      ? accept<ArtifactEvent>({ type: 'ArtifactStored', data: command.data })
      : accept(),
  evolve: () => null,
};

function artifactReceiver(store: EventStore): CommandReceiver {
  const handle = commandHandler({ store, decider: artifactDecider, types: artifactEventTypes, clock: systemClock });
  return (command, envelope) =>
    handle(command as unknown as ArtifactCommand, {
      ...envelope,
      stream: streams.artifact(envelope.project, String(command.data['artifactId'])),
    });
}

/** What else is there: services, which a spec may import and this file may not. */
export interface HarnessServices {
  readonly receivers: readonly (readonly [CommandTarget, CommandReceiver])[];
  readonly definitions: Definitions;
}

/** For specs that are about other things: no text is a definition. */
const noDefinitions: Definitions = {
  parse: (text) => JSON.parse(text),
  validate: () => ({ ok: false, violations: [{ path: '', message: 'Definitions belong to another service.' }] }),
};

export async function gatewayHarness(
  changes: Partial<GatewayConfig> = {},
  services: (parts: { readonly store: EventStore }) => HarnessServices = () => ({
    receivers: [],
    definitions: noDefinitions,
  }),
): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-gateway-'));
  const store = await SqliteEventStore.open({ directory });
  const readModels = await SqliteReadModels.open({ directory, logId: store.logId });
  const projector = createProjector({ store, readModels, projections });
  await projector.start();
  const [logs, objects] = [await FilesActionLogs.open({ directory }), await FilesObjectStore.open({ directory })];
  const { receivers, definitions } = services({ store });
  const commands = directCommands(
    new Map<CommandTarget, CommandReceiver>([
      ['access', accessReceiver(store, systemClock)],
      ['artifact', artifactReceiver(store)],
      ...receivers,
    ]),
  );
  const messages = new LogMessages({ store, directory });
  const first = { dataDirectory: directory, store, commands };
  const [adminToken, runnerToken] = [await ensureAdminToken(first), await ensureRunnerToken(first)];
  const jobs = scriptedJobs();
  const logged: string[] = [];
  const keep = (fields: object, sentence: string): void =>
    void logged.push(`${sentence} ${String((fields as { error?: unknown }).error)}`);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: keep, error: keep };
  const ports = {
    store,
    readModels,
    projector,
    commands,
    messages,
    runnerJobs: jobs,
    objects,
    logs,
    definitions,
    clock: systemClock,
    ids: systemIds,
    timers: systemTimers,
    logger,
  };
  const config = { ...gatewayConfig({ MILLRACE_PORT: '0' }, directory), ...changes };
  let gateway: RunningGateway = await startGateway(ports, config);
  const clients = new Set<Client>();

  const harness: Harness = {
    directory,
    adminToken,
    runnerToken,
    jobs,
    store,
    logs,
    objects,
    logged,
    url: gateway.url,
    fetch: (path, init = {}) =>
      fetch(`${harness.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${adminToken}`, ...(init.headers as Record<string, string>) },
      }),
    async graphql(query, variables = {}, headers = {}) {
      const response = await harness.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        ...(JSON.parse(text) as Pick<GraphQLAnswer, 'data' | 'errors'>),
      };
    },
    socket(params = { authorization: `Bearer ${adminToken}` }, headers = {}) {
      class HeadedSocket extends WebSocket {
        constructor(address: string, protocols: string | string[]) {
          super(address, protocols, { headers });
        }
      }
      const client = createClient({
        url: `${harness.url.replace('http', 'ws')}/graphql`,
        connectionParams: params,
        webSocketImpl: HeadedSocket,
        retryAttempts: 0,
        lazy: true,
      });
      clients.add(client);
      return client;
    },
    async createToken(role, expiresAt) {
      const { data } = await harness.graphql(
        `mutation ($input: CreateTokenInput!) { createToken(input: $input) { ... on TokenIssued { id secret visible } ... on TokenRefused { code message } } }`,
        { input: { name: `a ${role}`, role, expiresAt } },
      );
      return data?.['createToken'] as unknown as { readonly id: string; readonly secret: string };
    },
    async append(stream, type, data) {
      const { head } = await store.readStream(stream, { limit: 1 });
      const commandId = systemIds.uuid();
      const actor: Actor = { kind: 'service', id: 'test', name: 'test', issuer: 'millrace' };
      const metadata = {
        id: uuidV5(NAMESPACES.event, commandId, 0),
        time: systemClock.now(),
        project: 'default',
        commandId,
        actor,
        correlationId: commandId,
      };
      return (await store.append(stream, head, [{ type, version: 1, data, metadata }])).position;
    },
    happen: (witness) =>
      harness.append(streams.platform('default'), 'LossAccepted', { witness, witnessPosition: '2', logPosition: '1' }),
    routes: () => gateway.routes,
    async restartGateway() {
      await gateway.close();
      gateway = await startGateway(ports, config);
      harness.url = gateway.url;
    },
    async stop() {
      for (const client of clients) await client.dispose();
      await gateway.close();
      await messages.close();
      await projector.stop();
      await readModels.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return harness;
}
