import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Connection } from '../connection.js';
import { EXIT, Failure } from '../failure.js';
import { Backoff } from './backoff.js';
import { failureOfAnswer, isRetryable, unreachable, type GraphqlErrorAnswer } from './errors.js';
import type { Operation } from './operation.js';

/** The platform takes 20 on one socket. */
const SUBSCRIPTIONS_PER_SOCKET = 16;
/** Without a sign of life for two of these, a socket is given up. */
const PING_MS = 10_000;
const CONNECT_MS_MAX = 10_000;
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** RFC 6455: the connection is gone without a word. */
const ABNORMAL_CLOSURE = 1006;
/** How long a view that has been live tries to become live again. */
export const RECONNECT_MS_MAX = 10 * 60_000;
/** One that never was: the platform may be starting. */
const FIRST_CONNECT_MS_MAX = 5_000;

export type Subscribed<Result> =
  | { readonly kind: 'next'; readonly data: Result }
  /** The connection was lost: what comes next was asked for anew. */
  | { readonly kind: 'reconnected' };

export interface LiveOptions extends Connection {
  readonly signal: AbortSignal;
  readonly onConnection?: (state: 'lost' | 'back') => void;
}

interface Line {
  readonly client: Client;
  subscriptions: number;
  /** Counts its connections. */
  readonly connections: { count: number };
  /** What the socket said before it closed: a close alone does not tell a refused connection from a refused token. */
  readonly trouble: { last: unknown };
}

/** How long one subscription is tried again, and whether it is live. */
class Patience {
  readonly #backoff = new Backoff({ firstMs: 200, mostMs: 3_000 });
  #patienceMs = FIRST_CONNECT_MS_MAX;
  /** Undefined while it is live. */
  #lostAtMs: number | undefined;

  constructor(
    private readonly signal: AbortSignal,
    private readonly tell: (state: 'lost' | 'back') => void,
  ) {}

  heard(): 'again' | 'still' {
    const again = this.#lostAtMs !== undefined;
    this.#lostAtMs = undefined;
    this.#patienceMs = RECONNECT_MS_MAX;
    this.#backoff.reset();
    this.tell('back');
    return again ? 'again' : 'still';
  }

  /** Throws the error when there is no sense in trying again. */
  lost(error: unknown): void {
    if (!isRetryable(error)) throw error;
    this.#lostAtMs ??= performance.now();
    if (performance.now() - this.#lostAtMs > this.#patienceMs) throw error;
    // One that never was live is not lost.
    if (this.#patienceMs === RECONNECT_MS_MAX) this.tell('lost');
  }

  async pause(): Promise<void> {
    await this.#backoff.pause(this.signal).catch(() => undefined);
  }
}

/** Subscriptions over graphql-ws, as many sockets as they need. */
export class Live {
  readonly #options: LiveOptions;
  readonly #lines: Line[] = [];
  /** All views share the sockets' fate, so that people are told once. */
  #lost = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /**
   * A subscription that outlives its connection. When that breaks, it asks again, with new variables: a cursor, an offset.
   *
   * Ends when the server completes it, or when `signal` is aborted.
   *
   * @throws Failure when the platform refuses it, or could not be reached for {@link RECONNECT_MS_MAX}.
   */
  async *follow<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: () => Variables,
    signal: AbortSignal = this.#options.signal,
  ): AsyncGenerator<Subscribed<Result>, void, undefined> {
    const either = AbortSignal.any([signal, this.#options.signal]);
    const patience = new Patience(either, (state) => this.#tell(state));
    while (!either.aborted) {
      const completed = yield* this.#untilLost(operation, variables(), either, patience);
      if (completed) break;
      await patience.pause();
    }
    this.#options.signal.throwIfAborted();
  }

  async close(): Promise<void> {
    for (const { client } of this.#lines.splice(0)) await client.dispose();
  }

  #tell(state: 'lost' | 'back'): void {
    if (this.#lost === (state === 'lost')) return;
    this.#lost = state === 'lost';
    this.#options.onConnection?.(state);
  }

  /** @returns whether the server completed it; false: the connection was lost, and it is worth trying again. */

  async *#untilLost<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    signal: AbortSignal,
    patience: Patience,
  ): AsyncGenerator<Subscribed<Result>, boolean, undefined> {
    try {
      for await (const data of this.#once(operation, variables, signal)) {
        if (patience.heard() === 'again') yield { kind: 'reconnected' };
        yield { kind: 'next', data };
      }
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      patience.lost(error);
      return false;
    }
  }

  /** One subscription on one connection. */
  async *#once<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): AsyncGenerator<Result, void, undefined> {
    const line = this.#line();
    line.subscriptions += 1;
    const iterator = line.client.iterate<Result>({
      query: operation.text,
      operationName: operation.name,
      variables: variables as Record<string, unknown>,
    });
    const stop = (): void => void iterator.return?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      let connection: number | undefined;
      for await (const { data, errors } of iterator) {
        connection ??= line.connections.count;
        // After an orderly close the client subscribes again by itself, with the variables of before: what comes is a repeat.
        if (connection !== line.connections.count) throw new Error('The connection was replaced.');
        if (errors !== undefined && errors.length > 0) throw errors;
        yield data as Result;
      }
    } catch (error) {
      throw this.#failureOf(error, line.trouble.last);
    } finally {
      signal.removeEventListener('abort', stop);
      line.subscriptions -= 1;
      await iterator.return?.();
    }
  }

  #line(): Line {
    const free = this.#lines.find((line) => line.subscriptions < SUBSCRIPTIONS_PER_SOCKET);
    if (free !== undefined) return free;
    const [trouble, connections] = [{ last: undefined }, { count: 0 }];
    const line: Line = { client: this.#client(trouble, connections), subscriptions: 0, trouble, connections };
    this.#lines.push(line);
    return line;
  }

  #client(trouble: Line['trouble'], connections: Line['connections']): Client {
    const { url, token } = this.#options;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    let watchdog: NodeJS.Timeout | undefined;
    let socket: WebSocket | undefined;
    return createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: authorizedWebSocket(authorization),
      connectionParams: authorization,
      retryAttempts: 0,
      keepAlive: PING_MS,
      connectionAckWaitTimeout: CONNECT_MS_MAX,
      // A lazy client closes between two subscriptions, under a third one that has just come.
      lazy: false,
      // Told to the one who iterates.
      onNonLazyError: () => undefined,
      on: {
        opened: (opened) => {
          socket = opened as WebSocket;
          trouble.last = undefined;
          connections.count += 1;
        },
        error: (error) => {
          trouble.last = (error as { readonly error?: unknown } | null)?.error ?? error;
        },
        ping: (received) => {
          if (!received) watchdog = setTimeout(() => socket?.terminate(), PING_MS).unref();
        },
        pong: (received) => {
          if (received) clearTimeout(watchdog);
        },
        closed: () => clearTimeout(watchdog),
      },
    });
  }

  #failureOf(error: unknown, trouble: unknown): unknown {
    const { url } = this.#options;
    if (Array.isArray(error)) return failureOfAnswer(error as readonly GraphqlErrorAnswer[]);
    const { code, reason } = (error ?? {}) as { readonly code?: unknown; readonly reason?: unknown };
    if (typeof code === 'number' && code !== ABNORMAL_CLOSURE)
      return failureOfClose(url, code, typeof reason === 'string' ? reason : '');
    const status = upgradeStatus(trouble);
    return status === undefined ? unreachable(url, trouble ?? error) : failureOfUpgrade(url, status, trouble);
  }
}

/** The token goes with the upgrade and with the first message, whichever the platform (or a proxy before it) looks at. */
function authorizedWebSocket(headers: Readonly<Record<string, string>>): unknown {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, {
        headers: { ...headers },
        maxPayload: FRAME_BYTES_MAX,
        handshakeTimeout: CONNECT_MS_MAX,
        followRedirects: false,
      });
    }
  };
}

/** https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md and RFC 6455. */
function failureOfClose(url: string, code: number, reason: string): Failure {
  switch (code) {
    case 4401:
      return failureOfAnswer([{ message: reason, extensions: { code: 'UNAUTHENTICATED' } }]);
    case 4403:
      return new Failure(
        EXIT.forbidden,
        'FORBIDDEN',
        'The platform refuses this token for live views. It may be void by now.',
      );
    case 4400:
    case 4406:
      return new Failure(
        EXIT.defect,
        'OTHER_VERSION',
        `The platform speaks another protocol: ${reason || String(code)}.`,
      );
    default:
      return unreachable(url, { code: `the socket closed with ${code}` });
  }
}

/** ws: `Unexpected server response: 401`. */
function upgradeStatus(error: unknown): number | undefined {
  const message = (error as { readonly message?: unknown } | null)?.message;
  const match = typeof message === 'string' ? /Unexpected server response: (\d{3})/.exec(message) : null;
  return match === null ? undefined : Number(match[1]);
}

function failureOfUpgrade(url: string, status: number, cause: unknown): Failure {
  if (status === 401) return failureOfAnswer([{ message: '', extensions: { code: 'UNAUTHENTICATED' } }]);
  if (status === 403)
    return new Failure(EXIT.forbidden, 'FORBIDDEN', 'Your token does not allow live views.', { cause });
  if (status >= 500 || status === 429) return unreachable(url, cause);
  return new Failure(
    EXIT.usage,
    'BAD_REQUEST',
    `There are no live views at ${url} (HTTP ${status}). Does --url name a Millrace platform?`,
    { cause },
  );
}
