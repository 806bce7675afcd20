import { EXIT, Failure, systemCodeOf, type ExitCode, type FailureDetails } from '../failure.js';

/** As it stands in a GraphQL answer, over HTTP and socket alike. */
export interface GraphqlErrorAnswer {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly correlationId?: string };
}

const EXIT_OF_CODE: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['UNAVAILABLE', EXIT.unavailable],
  ['NOT_YET_VISIBLE', EXIT.unavailable],
  ['STORE_FULL', EXIT.unavailable],
  ['TIMEOUT', EXIT.unavailable],
  ['UNAUTHENTICATED', EXIT.forbidden],
  ['FORBIDDEN', EXIT.forbidden],
  ['NOT_FOUND', EXIT.refused],
  ['CURSOR_FROM_ANOTHER_LOG', EXIT.refused],
  ['BAD_USER_INPUT', EXIT.usage],
]);

/** Apollo's, for documents that the schema does not know. */
const OTHER_VERSION = new Set(['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED']);

export function failureOfAnswer([first]: readonly GraphqlErrorAnswer[]): Failure {
  const { code = 'INTERNAL', correlationId } = first?.extensions ?? {};
  const message = first?.message ?? 'The platform answered with an error.';
  const details = correlationDetails(correlationId);
  if (OTHER_VERSION.has(code)) return otherVersion(message, details);
  return new Failure(
    EXIT_OF_CODE.get(code) ?? EXIT.failed,
    code,
    code === 'UNAUTHENTICATED' ? NO_TOKEN : message,
    details,
  );
}

function otherVersion(said: string, details: FailureDetails): Failure {
  return new Failure(
    EXIT.defect,
    'OTHER_VERSION',
    `The platform does not know what this command asks for: they are of different versions. (${said})`,
    details,
  );
}

function correlationDetails(correlationId: string | undefined): FailureDetails {
  return correlationId === undefined ? {} : { correlationId };
}

const NO_TOKEN =
  'The platform wants a valid token: give one with --token or MILLRACE_TOKEN, or, on the machine of the platform, name its data directory with --data.';

interface StatusMeaning {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
}

const MEANING_OF_STATUS: ReadonlyMap<number, StatusMeaning> = new Map<number, StatusMeaning>([
  [401, { exitCode: EXIT.forbidden, code: 'UNAUTHENTICATED', message: NO_TOKEN }],
  [403, { exitCode: EXIT.forbidden, code: 'FORBIDDEN', message: 'Your token does not allow this.' }],
  [404, { exitCode: EXIT.refused, code: 'NOT_FOUND', message: 'There is no such thing.' }],
]);

function meaningOf(status: number): StatusMeaning {
  const known = MEANING_OF_STATUS.get(status);
  if (known !== undefined) return known;
  if (status === 429 || status === 408 || status >= 500)
    return {
      exitCode: EXIT.unavailable,
      code: 'UNAVAILABLE',
      message: `The platform can't work at the moment (HTTP ${status}). Try again; repeating is safe.`,
    };
  return {
    exitCode: EXIT.usage,
    code: 'BAD_REQUEST',
    message: `It answered HTTP ${status}. Does --url name a Millrace platform?`,
  };
}

/** An HTTP answer that is no GraphQL answer: a route's, a proxy's. */
export function failureOfStatus(status: number, body: string): Failure {
  const answer = parsedAnswer(body);
  const meaning = meaningOf(status);
  const message = status === 401 ? NO_TOKEN : (answer.message ?? meaning.message);
  return new Failure(meaning.exitCode, answer.code ?? meaning.code, message, correlationDetails(answer.correlationId));
}

interface RouteAnswer {
  readonly code?: string;
  readonly message?: string;
  readonly correlationId?: string;
}

function parsedAnswer(body: string): RouteAnswer {
  try {
    const parsed = JSON.parse(body) as RouteAnswer | null;
    return typeof parsed === 'object' && parsed !== null && typeof parsed.message === 'string' ? parsed : {};
  } catch {
    return {};
  }
}

export function unreachable(url: string, cause: unknown): Failure {
  const code = systemCodeOf(cause);
  const how = code === undefined ? '' : ` (${code})`;
  const advice =
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? 'Is the name right?'
      : 'Start the platform with `npm start`, or name another with --url or MILLRACE_URL.';
  return new Failure(EXIT.unavailable, 'UNREACHABLE', `Nothing answers at ${url}${how}. ${advice}`, { cause });
}

export function isRetryable(error: unknown): boolean {
  return Error.isError(error) && error.name === 'Failure' && (error as Failure).exitCode === EXIT.unavailable;
}
