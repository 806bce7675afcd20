import type { Operation } from './generated/operations.js';

/** What the platform answered instead of what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** No answer came: the gateway is away, or the network is. */
export const UNREACHABLE = 'UNREACHABLE';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  readonly code?: string;
  readonly message?: string;
}

type Listener = () => void;
const signedOutListeners = new Set<Listener>();
let serverAheadMs = 0;

/** Called whenever the platform does not know (any more) who asks. */
export function onSignedOut(listener: Listener): Listener {
  signedOutListeners.add(listener);
  return () => void signedOutListeners.delete(listener);
}

export function signedOut(): void {
  for (const listener of signedOutListeners) listener();
}

/** How far the platform's clock is ahead of the browser's; ages are told by the platform's. */
export function serverClockAheadMs(): number {
  return serverAheadMs;
}

/**
 * A query or a mutation.
 *
 * @throws ApiError with the platform's code, or {@link UNREACHABLE}.
 */
export async function ask<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const answer = await send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: operation.text, operationName: operation.name, variables }),
    signal: signal ?? null,
  });
  const [error] = answer.errors ?? [];
  if (error !== undefined) throw new ApiError(error.extensions?.code ?? 'INTERNAL', error.message);
  return answer.data as Result;
}

/** Signs this browser in with what a link holds, or with a token. */
export async function signIn(shown: { readonly code: string } | { readonly token: string }): Promise<void> {
  await send('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(shown),
  });
}

export async function endSession(): Promise<void> {
  await send('/session', { method: 'DELETE' });
}

async function send(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(path, { ...init, credentials: 'same-origin', redirect: 'error' }).catch(
    (error: unknown) => {
      if (init.signal?.aborted === true) throw error;
      throw new ApiError(UNREACHABLE, 'The platform can’t be reached.');
    },
  );
  rememberClock(response.headers.get('date'));
  if (response.status === 204) return {};
  const answer = await read(response);
  if (response.status === 401 && path === '/graphql') signedOut();
  if (!response.ok && answer.errors === undefined)
    throw new ApiError(answer.code ?? 'INTERNAL', answer.message ?? `The platform answered ${response.status}.`);
  return answer;
}

async function read(response: Response): Promise<Answer> {
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(UNREACHABLE, 'What answered was not the platform.');
  }
}

/** The header tells whole seconds: a difference below two is none. */
function rememberClock(date: string | null): void {
  const difference = date === null ? 0 : Date.parse(date) - Date.now();
  serverAheadMs = Math.abs(difference) > 2_000 ? difference : 0;
}
