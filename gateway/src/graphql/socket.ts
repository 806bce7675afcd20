import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  GraphQLError,
  Kind,
  getOperationAST,
  parse,
  specifiedRules,
  subscribe,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Ids } from '@millrace/runtime';
import { bearer, credentialOf, type Authentication } from '../access/authentication.js';
import { authorize } from '../access/operations.js';
import type { GatewayConfig } from '../config.js';
import { correlationIdOf } from '../http/gate.js';
import { originGuard } from '../http/origin.js';
import type { Logger, RequestContext, Viewer } from '../ports.js';
import { maskError } from './format-error.js';
import { Frames } from './frames.js';
import { LIMITS, limitRules } from './limits.js';
import { Frame, SharedSubscriptions } from './shared-subscriptions.js';

const PATH = '/graphql';
const FRAME_BYTES_MAX = 64 * 1024;
const SUBSCRIPTIONS_MAX = 20;
const INIT_WITHIN_MS = 3_000;
const PING_EVERY_MS = 12_000;
const TOKEN_VOID: readonly [number, string] = [4401, 'The token is not valid any more'];

export interface SocketOptions {
  readonly schema: GraphQLSchema;
  readonly config: GatewayConfig;
  readonly authentication: Authentication;
  readonly logger: Logger;
  readonly ids: Ids;
}

interface Extra extends Record<PropertyKey, unknown> {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  readonly frames: Frames;
  readonly correlationId: string;
  viewer?: Viewer;
  forget?: () => void;
}

type Connection = Context<{ readonly authorization?: unknown }, Extra>;

export interface SubscriptionServer {
  readonly sockets: number;
  close(): Promise<void>;
}

/** graphql-transport-ws on the path of GraphQL: subscriptions, nothing else. */
export function serveSubscriptions(server: Server, options: SocketOptions): SubscriptionServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols,
  });
  const origin = originGuard(options.config);
  const protocol = new Protocol(options);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const verdict = origin(request.headers);
    if (request.url?.split('?', 1)[0] !== PATH) return refuse(socket, '404 Not Found');
    // As HTTP answers (http/gate.ts).
    if (verdict === 'foreign-host') return refuse(socket, '421 Misdirected Request');
    if (verdict === 'foreign-origin') return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (accepted) => protocol.opened(accepted, request));
  };
  server.on('upgrade', upgrade);
  return {
    get sockets() {
      return sockets.clients.size;
    },
    async close() {
      server.off('upgrade', upgrade);
      for (const client of sockets.clients) client.close(1001, 'Going away');
      await closed(sockets);
    },
  };
}

/** Clients that don't answer the close are cut off. */
async function closed(sockets: WebSocketServer): Promise<void> {
  const CLOSE_WITHIN_MS = 1_000;
  const cut = setTimeout(() => {
    for (const client of sockets.clients) client.terminate();
  }, CLOSE_WITHIN_MS);
  await new Promise<void>((resolve) => sockets.close(() => resolve()));
  clearTimeout(cut);
}

function refuse(socket: Duplex, status: string): void {
  socket.once('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** What happens on a socket. */
class Protocol {
  readonly #shared: SharedSubscriptions;
  readonly #server;

  constructor(private readonly options: SocketOptions) {
    this.#shared = new SharedSubscriptions({
      present: (result, context) => this.#present(result, context.correlationId),
    });
    this.#server = makeServer<{ readonly authorization?: unknown }, Extra>({
      connectionInitWaitTimeout: INIT_WITHIN_MS,
      onConnect: (connection) => this.#connect(connection),
      onSubscribe: (connection, _id, payload) => this.#subscribe(connection, payload),
      subscribe: (args) => this.#run(args as SubscribeArgs),
      onNext: (...[{ extra }, , , , result]) =>
        extra.frames.placeholder(
          result instanceof Frame
            ? result.json
            : JSON.stringify(this.#present(result as ExecutionResult, extra.correlationId)),
        ),
      onError: ({ extra }, _id, _payload, errors) =>
        errors.map((error) => maskError(error, extra.correlationId, options.logger)),
    });
  }

  opened(socket: WebSocket, request: IncomingMessage): void {
    const { logger, ids } = this.options;
    const correlationId = correlationIdOf(request.headers['x-correlation-id'], ids);
    const frames = new Frames();
    const extra: Extra = { request, socket, frames, correlationId };
    socket.on('error', (error) => logger.debug({ correlationId, error }, 'A socket broke'));
    const alive = keepAlive(socket);
    const closed = this.#server.opened(
      {
        protocol: socket.protocol,
        send: (message) => send(socket, frames.fill(message)),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            receive(String(data)).catch((error: unknown) => {
              logger.error({ correlationId, error }, 'A socket met a defect');
              socket.close(CloseCode.InternalServerError, 'Something went wrong on our side');
            });
          }),
      },
      extra,
    );
    socket.once('close', (code, reason) => {
      clearInterval(alive);
      extra.forget?.();
      void closed(code, String(reason));
    });
  }

  #connect({ extra, connectionParams }: Connection): boolean {
    const { authentication } = this.options;
    const shown = connectionParams?.authorization;
    const credential = typeof shown === 'string' ? bearer(shown) : credentialOf(extra.request.headers);
    const viewer = authentication.viewer(credential);
    if (viewer === undefined || authorize('POST /graphql', viewer) !== 'allowed') return false;
    extra.viewer = viewer;
    extra.forget = authentication.onVoid(viewer, () => extra.socket.close(...TOKEN_VOID));
    return true;
  }

  #subscribe({ extra, subscriptions }: Connection, payload: SubscribePayload): SubscribeArgs | readonly GraphQLError[] {
    if (extra.viewer === undefined) return [refusal('UNAUTHENTICATED', 'Show a valid token.')];
    if (Object.keys(subscriptions).length > SUBSCRIPTIONS_MAX)
      return [refusal('TOO_MANY_SUBSCRIPTIONS', `A socket carries at most ${SUBSCRIPTIONS_MAX} subscriptions.`)];
    const document = this.#read(payload.query);
    if (Array.isArray(document)) return document;
    const operation = getOperationAST(document as DocumentNode, payload.operationName);
    if (operation?.operation !== 'subscription')
      return [refusal('BAD_REQUEST', 'The socket carries subscriptions only; send queries and mutations by POST.')];
    const [selection] = operation.selectionSet.selections;
    const contextValue: RequestContext = { viewer: extra.viewer, correlationId: extra.correlationId };
    return {
      schema: this.options.schema,
      document: document as DocumentNode,
      contextValue,
      text: payload.query,
      field: selection?.kind === Kind.FIELD ? selection.name.value : '',
      operationName: payload.operationName ?? null,
      variableValues: payload.variables ?? null,
    };
  }

  #read(query: string): DocumentNode | readonly GraphQLError[] {
    let document: DocumentNode;
    try {
      document = parse(query, { maxTokens: LIMITS.tokensMax });
    } catch (error) {
      return [
        refusal('GRAPHQL_PARSE_FAILED', error instanceof GraphQLError ? error.message : 'The document can’t be read.'),
      ];
    }
    const rules = [...specifiedRules, ...limitRules];
    const errors = validate(this.options.schema, document, rules, { maxErrors: LIMITS.errorsMax });
    if (errors.length === 0) return document;
    return errors.map(({ message, nodes }) => refusal('GRAPHQL_VALIDATION_FAILED', message, nodes));
  }

  async #run(args: SubscribeArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
    const { text, field, ...execution } = args;
    const shared = await this.#shared.subscribe(execution, field, text);
    return (shared ?? (await subscribe(execution))) as AsyncIterable<ExecutionResult> | ExecutionResult;
  }

  #present(result: ExecutionResult, correlationId: string): ExecutionResult | object {
    if (result.errors === undefined) return result;
    return { ...result, errors: result.errors.map((error) => maskError(error, correlationId, this.options.logger)) };
  }
}

interface SubscribeArgs extends ExecutionArgs {
  /** The document as it was sent. */
  readonly text: string;
  /** The only root field; empty where it stands in a fragment. */
  readonly field: string;
}

function refusal(code: string, message: string, nodes?: GraphQLError['nodes']): GraphQLError {
  return new GraphQLError(message, { nodes: nodes ?? null, extensions: { code, public: true } });
}

/** Resolves when the system has taken the bytes, so that a subscription is pulled at its client's pace. */
function send(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(message, (error) => (error ? reject(error) : resolve()));
  });
}

/** A client that answers no ping until the next one has gone. */
function keepAlive(socket: WebSocket): NodeJS.Timeout {
  let answered = true;
  socket.on('pong', () => (answered = true));
  return setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_EVERY_MS);
}
