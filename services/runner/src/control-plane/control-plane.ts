import type { Readable } from 'node:stream';
import type {
  ArtifactReply,
  HeartbeatReply,
  HeartbeatRequest,
  Job,
  LeaseReply,
  LeaseRequest,
  LogReply,
  ReportRequest,
  RunnerError,
} from '@millrace/contracts/runner';
import type { Connection } from './connection.js';
import { HttpClient, readText } from './http-client.js';
import type { HttpAnswer, HttpRequest } from './http-client.js';

/** Silence on a connection after which it counts as broken, beyond the time that the server was asked to wait. */
const SILENCE_MS = 15_000;

/** The control plane can't be reached or can't answer now; the call may have happened. All calls may be repeated. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The control plane has answered, with a refusal. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The size of the log that a `LOG_GAP` names. */
    readonly size?: number,
  ) {
    super(message);
  }
}

/** The attempt is over for the control plane, or its token is none any more. */
export function isStale(refused: Refused): boolean {
  return refused.code === 'STALE_ATTEMPT' || [401, 403, 410].includes(refused.status);
}

/** What the calls about one job are made with. */
export type JobCredentials = Pick<Job, 'jobId' | 'nonce' | 'jobToken'>;

/** The client's side of `/runner/v1` (docs/decisions/0018). Every method throws {@link Unreachable} or {@link Refused}. */
export class ControlPlane {
  readonly #http: HttpClient;
  readonly #token: string;
  readonly #connection: Connection;

  constructor(options: { readonly url: string; readonly token: string; readonly connection: Connection }) {
    this.#http = new HttpClient(options.url);
    this.#token = options.token;
    this.#connection = options.connection;
  }

  close(): void {
    this.#http.close();
  }

  async lease(request: LeaseRequest, signal: AbortSignal): Promise<LeaseReply> {
    return await this.#json({
      ...this.#post('/lease', request, this.#token),
      silenceMs: request.waitMs + SILENCE_MS,
      signal,
    });
  }

  async heartbeat(request: HeartbeatRequest, signal: AbortSignal): Promise<HeartbeatReply> {
    return await this.#json({
      ...this.#post('/heartbeat', request, this.#token),
      silenceMs: request.waitMs + SILENCE_MS,
      signal,
    });
  }

  async report(job: JobCredentials, request: ReportRequest, signal: AbortSignal): Promise<void> {
    await this.#json({
      ...this.#post(`/jobs/${job.jobId}/report`, request, job.jobToken),
      silenceMs: SILENCE_MS,
      signal,
    });
  }

  async appendLog(job: JobCredentials, offset: number, bytes: Buffer, signal: AbortSignal): Promise<LogReply> {
    return await this.#json({
      method: 'PUT',
      path: `/runner/v1/jobs/${job.jobId}/log?offset=${offset}`,
      token: job.jobToken,
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
      silenceMs: SILENCE_MS,
      signal,
    });
  }

  async putArtifact(
    job: JobCredentials,
    artifact: { readonly name: string; readonly sha256: string; readonly bytes: number; open(): Readable },
    signal: AbortSignal,
  ): Promise<ArtifactReply> {
    return await this.#json({
      method: 'PUT',
      path: artifactPath(job, artifact.name),
      token: job.jobToken,
      headers: { 'content-type': 'application/zip', 'x-content-sha256': artifact.sha256 },
      body: { bytes: artifact.bytes, open: artifact.open },
      silenceMs: 4 * SILENCE_MS,
      signal,
    });
  }

  /** The bytes of an input artifact; the caller checks their digest, and meets a broken connection as an error of the stream. */
  async getArtifact(job: JobCredentials, name: string, signal: AbortSignal): Promise<Readable> {
    const answer = await this.#send({
      method: 'GET',
      path: artifactPath(job, name),
      token: job.jobToken,
      silenceMs: 4 * SILENCE_MS,
      signal,
    });
    return answer.body;
  }

  #post(path: string, body: object, token: string): Omit<HttpRequest, 'silenceMs' | 'signal'> {
    const headers = { 'content-type': 'application/json' };
    return { method: 'POST', path: `/runner/v1${path}`, token, headers, body: Buffer.from(JSON.stringify(body)) };
  }

  async #json<T>(request: HttpRequest): Promise<T> {
    const answer = await this.#send(request);
    try {
      return JSON.parse(await readText(answer.body)) as T;
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    }
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    let answer: HttpAnswer;
    let text = '';
    try {
      answer = await this.#http.send(request);
      if (answer.status < 200 || answer.status > 299) text = await readText(answer.body);
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      throw this.#unreachable(new Error(`Answered ${answer.status}.`), request.signal);
    }
    this.#connection.reached();
    if (answer.status < 200 || answer.status > 299) throw refusal(answer.status, text);
    return answer;
  }

  #unreachable(error: unknown, signal: AbortSignal): Unreachable {
    const cause = Error.isError(error) ? error.message : String(error);
    if (!signal.aborted) this.#connection.missed(cause);
    return new Unreachable(cause, { cause: error });
  }
}

function artifactPath(job: JobCredentials, name: string): string {
  return `/runner/v1/jobs/${job.jobId}/artifacts/${encodeURIComponent(name)}`;
}

function refusal(status: number, text: string): Refused {
  let error: Partial<RunnerError> & { readonly size?: unknown } = {};
  try {
    error = (JSON.parse(text) as typeof error | null) ?? {};
  } catch {
    // A proxy's own page, perhaps: the status says enough.
  }
  const message = error.message ?? `The control plane answered ${status}.`;
  return new Refused(status, error.code ?? `HTTP_${status}`, message, logSize(error.size, message));
}

/** `LOG_GAP` names the size in a member, or at least in its sentence. */
function logSize(size: unknown, message: string): number | undefined {
  if (typeof size === 'number') return size;
  const named = /\d+/.exec(message)?.[0];
  return named === undefined ? undefined : Number(named);
}
