import { randomUUID } from 'node:crypto';
import type { Connection } from '../connection.js';
import { EXIT, Failure, systemCodeOf } from '../failure.js';
import { Backoff } from './backoff.js';
import { failureOfAnswer, failureOfStatus, isRetryable, unreachable, type GraphqlErrorAnswer } from './errors.js';
import { Live, type Subscribed } from './live.js';
import type { Operation, RefusedAnswer } from './operation.js';

/** Together with the pauses between: how long a request is tried before the command gives up. */
const TRIES_MS_MAX = 15_000;
/** Nobody listens: it may be starting again. */
const REFUSED_TRIES_MS_MAX = 2_500;
const ANSWER_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface PlatformOptions extends Connection {
  readonly signal: AbortSignal;
  /** Told once for each time that a live view lost its connection, and found it again. */
  readonly onConnection?: (state: 'lost' | 'back') => void;
}

/** A platform as clients see it: its GraphQL API and its downloads. */
export class Platform {
  readonly url: string;
  readonly #options: PlatformOptions;
  readonly #live: Live;

  constructor(options: PlatformOptions) {
    this.url = options.url;
    this.#options = options;
    this.#live = new Live(options);
  }

  /**
   * Asks, and asks again while the platform can't be reached or can't work.
   *
   * @throws Failure
   */
  async query<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables): Promise<Result> {
    return this.#persistently(() => this.#post(operation, variables));
  }

  /**
   * Asks for a change under a client token of its own, so that a request whose answer was lost is repeated without doing it twice.
   *
   * @returns the accepted member of the mutation's union.
   * @throws Failure, for a refusal too.
   */
  async change<Answer extends object, Input extends object>(
    operation: Operation<
      { readonly answer: Answer | RefusedAnswer },
      { readonly input: Input & { clientToken?: string } }
    >,
    input: Input,
  ): Promise<Exclude<Answer, RefusedAnswer>> {
    const clientToken = randomUUID();
    const { answer } = await this.query(operation, { input: { clientToken, ...input } });
    if (isRefusal(answer)) throw refusalOf(answer);
    return answer as Exclude<Answer, RefusedAnswer>;
  }

  /** A subscription that outlives its connection: see {@link Live.follow}. */
  follow<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: () => Variables,
    signal?: AbortSignal,
  ): AsyncGenerator<Subscribed<Result>, void, undefined> {
    return this.#live.follow(operation, variables, signal);
  }

  /**
   * @param path - on this server, as an artifact's `downloadPath` has it.
   * @returns an answer whose status is 2xx.
   */
  async download(path: string): Promise<Response> {
    const url = new URL(path, `${this.url}/`);
    if (url.origin !== new URL(this.url).origin)
      throw new Failure(EXIT.refused, 'FOREIGN_DOWNLOAD', `The platform names a download elsewhere: ${url.origin}.`);
    return this.#persistently(async () => {
      const response = await this.#fetch(url.href, { headers: this.#headers() });
      if (!response.ok) throw failureOfStatus(response.status, await response.text());
      return response;
    });
  }

  /** For `/health/ready` and the like. Never tried again. */
  async answers(path: string): Promise<boolean> {
    try {
      const response = await this.#fetch(`${this.url}${path}`, { headers: this.#headers() });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#live.close();
  }

  async #post<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables): Promise<Result> {
    const response = await this.#fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        ...this.#headers(),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body: JSON.stringify({ query: operation.text, operationName: operation.name, variables }),
      signal: AbortSignal.any([this.#options.signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    const body = await boundedText(response).catch((error: unknown) => {
      throw this.#failureOf(error);
    });
    const answer = graphqlAnswer(body);
    if (answer === undefined) throw failureOfStatus(response.status, body);
    if (answer.errors !== undefined && answer.errors.length > 0) throw failureOfAnswer(answer.errors);
    return answer.data as Result;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { redirect: 'error', signal: this.#options.signal, ...init });
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  #failureOf(error: unknown): unknown {
    this.#options.signal.throwIfAborted();
    return unreachable(this.url, error);
  }

  #headers(): Record<string, string> {
    const { token } = this.#options;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async #persistently<T>(attempt: () => Promise<T>): Promise<T> {
    const backoff = new Backoff({ firstMs: 200, mostMs: 2_000 });
    const begun = performance.now();
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const nobody = systemCodeOf(error instanceof Failure ? error.cause : error) === 'ECONNREFUSED';
        const patienceMs = nobody ? REFUSED_TRIES_MS_MAX : TRIES_MS_MAX;
        if (!isRetryable(error) || performance.now() - begun > patienceMs) throw error;
        await backoff.pause(this.#options.signal);
      }
    }
  }
}

function isRefusal(answer: object): answer is RefusedAnswer {
  return 'code' in answer && 'message' in answer;
}

function refusalOf(answer: RefusedAnswer): Failure {
  return new Failure(
    EXIT.refused,
    answer.code,
    answer.message,
    answer.violations === undefined ? {} : { findings: answer.violations },
  );
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > ANSWER_BYTES_MAX)
      throw new Failure(EXIT.failed, 'TOO_LARGE', 'The answer is larger than any that Millrace gives.');
  }
  return text + decoder.decode();
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlErrorAnswer[];
}

function graphqlAnswer(body: string): GraphqlAnswer | undefined {
  try {
    const parsed = JSON.parse(body) as GraphqlAnswer | null;
    return typeof parsed === 'object' && parsed !== null && ('data' in parsed || 'errors' in parsed)
      ? parsed
      : undefined;
  } catch {
    return undefined;
  }
}
