import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';

/** JSON answers over this are refused: the protocol's largest is a job (docs/decisions/0018). */
const ANSWER_BYTES_MAX = 2 * 1_048_576;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, beginning with `/`. */
  readonly path: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A buffer, or a source of the same bytes for each try together with their number. */
  readonly body?: Buffer | { readonly bytes: number; open(): Readable };
  /** Longest silence on the connection, milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Readable;
}

/**
 * Keep-alive HTTP/1.1 to one control plane. `node:http` rather than fetch: uploads with a known length are streamed without buffering,
 * and a request costs a fraction of a millisecond.
 */
export class HttpClient {
  readonly #base: URL;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(url: string) {
    this.#base = new URL(url);
    const secure = this.#base.protocol === 'https:';
    if (!secure && this.#base.protocol !== 'http:')
      throw new TypeError(`${this.#base.protocol} is not http: or https:.`);
    this.#agent = new (secure ? https : http).Agent({ keepAlive: true, scheduling: 'lifo' });
    this.#request = secure ? https.request : http.request;
  }

  /** One request, tried a second time when it met a kept connection that the server had just closed. Every call of the protocol may repeat. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#once(request);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(request);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #once(request: HttpRequest): Promise<HttpAnswer> {
    const { body } = request;
    const length = body === undefined ? 0 : Buffer.isBuffer(body) ? body.length : body.bytes;
    return new Promise<HttpAnswer>((resolve, reject) => {
      const outgoing = this.#request(
        {
          protocol: this.#base.protocol,
          hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
          port: this.#base.port,
          path: this.#base.pathname.replace(/\/$/, '') + request.path,
          method: request.method,
          agent: this.#agent,
          signal: request.signal,
          headers: { authorization: `Bearer ${request.token}`, 'content-length': length, ...request.headers },
        },
        (incoming) => resolve({ status: incoming.statusCode ?? 0, body: incoming }),
      );
      outgoing.setTimeout(request.silenceMs, () => outgoing.destroy(new Error(`Silence for ${request.silenceMs} ms.`)));
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleConnection() : error);
      });
      if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body);
      // An answer may come before the whole body went out (a refusal): then the pipe's failure says nothing new.
      else pipeline(body.open(), outgoing).catch((error: Error) => outgoing.destroy(error));
    });
  }
}

class StaleConnection extends Error {}

/** The whole body as text, {@link ANSWER_BYTES_MAX} at most. */
export async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`The answer is longer than ${ANSWER_BYTES_MAX} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
