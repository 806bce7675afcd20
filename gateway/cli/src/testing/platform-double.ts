import { globSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { buildSchema, graphql, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

type Resolver = (variables: never) => unknown;

/** A request as it arrived. */
export interface Asked {
  readonly operation: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

/**
 * A server that speaks the gateway's schema over real HTTP and sockets, and answers what a test tells it to: for what the real platform
 * does only by accident (lost answers, lost connections, refusals of every kind).
 */
export class PlatformDouble {
  readonly asked: Asked[] = [];
  /** Answers by root field: values, or functions of the arguments; for subscriptions they return async iterables. */
  readonly root: Record<string, Resolver | object> = {};
  /** Before anything else: true when it has dealt with the request. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly schema: GraphQLSchema,
    private readonly webSockets: WebSocketServer,
  ) {}

  static async start(port = 0): Promise<PlatformDouble> {
    const schema = gatewaySchema();
    const server = createServer();
    const webSockets = new WebSocketServer({ server, path: '/graphql' });
    const double = new PlatformDouble(server, schema, webSockets);
    server.on('request', (request, response) => void double.#answer(request, response));
    server.on('connection', (socket) => {
      double.#sockets.add(socket);
      socket.once('close', () => double.#sockets.delete(socket));
    });
    useServer(
      {
        schema,
        roots: { subscription: double.root, query: double.root },
        onSubscribe: ({ connectionParams }, _id, { operationName, variables }) => {
          const authorization = connectionParams?.['authorization'];
          double.asked.push({
            operation: operationName ?? '',
            variables: variables ?? {},
            authorization: typeof authorization === 'string' ? authorization : undefined,
          });
        },
      },
      webSockets,
    );
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return double;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As a crash does: without a word. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  askedFor(operation: string): readonly Asked[] {
    return this.asked.filter((one) => one.operation === operation);
  }

  async stop(): Promise<void> {
    this.webSockets.close();
    this.cutConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.intercept?.(request, response) === true) return;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.url !== '/graphql') return void response.writeHead(404).end();
    const { query, operationName, variables } = JSON.parse(Buffer.concat(parts).toString()) as {
      readonly query: string;
      readonly operationName: string;
      readonly variables: Record<string, unknown>;
    };
    this.asked.push({ operation: operationName, variables, authorization: request.headers.authorization });
    const result = await graphql({
      schema: this.schema,
      source: query,
      rootValue: this.root,
      operationName,
      variableValues: variables,
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  }
}

function gatewaySchema(): GraphQLSchema {
  const directory = join(import.meta.dirname, '../../../src/schema');
  const files = globSync('*.graphql', { cwd: directory });
  return buildSchema(files.map((name) => readFileSync(join(directory, name), 'utf8')).join('\n'));
}
