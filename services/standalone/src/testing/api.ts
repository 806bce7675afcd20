import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface ApiFault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly correlationId?: string };
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly ApiFault[];
}

/** GraphQL `errors`: accidents, or questions that can't be asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly faults: readonly ApiFault[],
  ) {
    super(faults.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('\n'));
  }

  get code(): string | undefined {
    return this.faults[0]?.extensions.code;
  }
}

/** A refusal where a change was wanted. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly code: string,
    readonly answer: Readonly<Record<string, unknown>>,
  ) {
    super(`${code}: ${String(answer['message'])} ${JSON.stringify(answer['violations'] ?? '')}`);
  }
}

const SAVED = '... on PipelineInvalid { violations { path message } } ... on PipelineSaved { name pipelineId version }';
const STARTED = '... on ExecutionChange { executionId }';

/** What only some mutations answer. */
const ANSWERS: Readonly<Record<string, string>> = {
  createPipeline: SAVED,
  updatePipeline: SAVED,
  startExecution: STARTED,
  stopExecution: STARTED,
  retryStage: STARTED,
  createToken: '... on TokenIssued { id secret }',
};
/** Answers that are no change of the log. */
const CHANGELESS: readonly string[] = ['lookAtSource', 'rebuildProjection', 'retryParked', 'dropParked'];

/** Inputs that are not named after their mutation. */
const INPUTS: Readonly<Record<string, string>> = { retryParked: 'ParkedInput', dropParked: 'ParkedInput' };

function mutationText(mutation: string): string {
  const input = INPUTS[mutation] ?? `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const change = CHANGELESS.includes(mutation) ? '' : '... on Change { position visible }';
  return `mutation ($input: ${input}!) { ${mutation}(input: $input) {
    __typename ... on Refusal { code message } ${change} ${ANSWERS[mutation] ?? ''}
  } }`;
}

/** How long an answer may take on a machine with other work. */
const ANSWER_WITHIN_MS = 60_000;

/** The public API, as any client has it. */
export class Api {
  private readonly clients = new Set<Client>();

  constructor(
    private readonly address: () => string,
    private readonly token: () => string,
  ) {}

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.address()}${path}`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...init,
      headers: { authorization: `Bearer ${this.token()}`, ...(init.headers as Record<string, string>) },
    });
  }

  /** The answer as it came, whatever it is. */
  async ask(query: string, variables: object = {}): Promise<RawAnswer> {
    const response = await this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    return { status: response.status, text, ...(JSON.parse(text) as Pick<RawAnswer, 'data' | 'errors'>) };
  }

  /** @throws ApiError when the answer holds errors. */
  async query<T>(query: string, variables: object = {}): Promise<T> {
    const { status, data, errors } = await this.ask(query, variables);
    if (errors !== undefined || data === undefined || data === null) throw new ApiError(status, errors ?? []);
    return data as T;
  }

  /**
   * One mutation of the schema, by its name: `change('startExecution', { pipeline })`.
   *
   * @throws Refused when the rules forbid it. ApiError when the answer holds errors.
   */
  async change(mutation: string, input: object): Promise<Change> {
    const data = await this.query<Record<string, Change & { readonly code?: string }>>(mutationText(mutation), {
      input,
    });
    const answer = data[mutation];
    if (answer === undefined) throw new Error(`${mutation} answered nothing.`);
    if (answer.code !== undefined) throw new Refused(answer.code, answer as unknown as Record<string, unknown>);
    return answer;
  }

  /** A socket of its own; ended by {@link close}. */
  socket(): Client {
    const client = createClient({
      url: `${this.address().replace('http', 'ws')}/graphql`,
      connectionParams: () => ({ authorization: `Bearer ${this.token()}` }),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    this.clients.add(client);
    return client;
  }

  /**
   * What a subscription pushes, one after the other.
   *
   * @throws from the iterator when the socket breaks, which a kill of the platform does.
   */
  subscribe<T>(query: string, variables: Record<string, unknown> = {}): AsyncIterableIterator<T> {
    return unwrapped(this.socket().iterate<T, never>({ query, variables }));
  }

  async close(): Promise<void> {
    for (const client of this.clients) await client.dispose();
    this.clients.clear();
  }
}

export interface Change {
  readonly __typename: string;
  readonly position?: string | null;
  readonly visible?: boolean;
  readonly executionId?: string;
  readonly name?: string;
  readonly pipelineId?: string;
  readonly version?: number;
  readonly id?: string;
  readonly secret?: string;
}

async function* unwrapped<T>(
  results: AsyncIterableIterator<{
    readonly data?: T | null | undefined;
    readonly errors?: readonly unknown[] | undefined;
  }>,
): AsyncIterableIterator<T> {
  try {
    for await (const { data, errors } of results) {
      if (errors !== undefined) throw new ApiError(200, errors as readonly ApiFault[]);
      if (data !== undefined && data !== null) yield data;
    }
  } catch (error) {
    // A subscription that is refused ends with the list of its errors.
    if (Array.isArray(error)) throw new ApiError(200, error as readonly ApiFault[]);
    throw error;
  }
}
