import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { heartbeatRequest, leaseRequest, reportRequest } from '@millrace/contracts/runner';
import type { ActionJob, HeartbeatReply, Job, JobResult, LookJob, ReportRequest } from '@millrace/contracts/runner';

export const RUNNER_TOKEN = 'runner-token-of-the-test';

type Attempt = {
  readonly job: Job;
  log: Buffer;
  logBytes: number;
  countOnly?: boolean;
  readonly artifacts: Map<string, Buffer>;
  readonly inputs: ReadonlyMap<string, Buffer>;
  directive: 'continue' | 'cancel' | 'forget';
  renewals: number;
  report?: ReportRequest;
};

export type ActionDraft = Partial<Omit<ActionJob, 'kind'>> &
  Pick<ActionJob, 'actionTypeId'> & { readonly inputs?: Readonly<Record<string, Buffer>> };

/** The server's side of `/runner/v1` over real HTTP, with levers for what goes wrong in the world. Nothing is checked that the protocol does not say. */
export class ControlPlaneDouble {
  readonly attempts = new Map<string, Attempt>();
  readonly leaseRequests: string[] = [];
  heartbeats = 0;
  /** The next answers to `lease` that are cut off after the lease was given. */
  loseLeaseAnswers = 0;
  loseReportAnswers = 0;
  leaseTermMs = 30_000;
  /** Answers every request with this status, when set. */
  failWith: number | undefined;
  readonly #queue: Attempt[] = [];
  readonly #answered = new Map<string, Job>();
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #port = 0;
  #changed = Promise.withResolvers<void>();

  private constructor() {
    this.#server = this.#makeServer();
  }

  static async start(): Promise<ControlPlaneDouble> {
    const double = new ControlPlaneDouble();
    await double.comeBack();
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Nobody listens any more, all connections break. */
  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#server = this.#makeServer();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  offerAction(draft: ActionDraft): string {
    const { inputs = {}, ...rest } = draft;
    const contents = new Map(Object.entries(inputs));
    return this.#offer(
      {
        ...this.#leased(),
        kind: 'action',
        attempt: 1,
        pipelineId: randomUUID(),
        pipelineVersion: 1,
        executionId: randomUUID(),
        stageName: 'Stage',
        actionName: 'Action',
        actionExecutionId: randomUUID(),
        configuration: {},
        outputArtifacts: [],
        trigger: { type: 'StartPipelineExecution', detail: 'ada' },
        inputArtifacts: [...contents].map(([name, bytes]) => ({ name, sha256: sha256(bytes), bytes: bytes.length })),
        ...rest,
      },
      contents,
    );
  }

  offerLook(draft: Partial<LookJob> & Pick<LookJob, 'configuration'>): string {
    const actionTypeId = { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' };
    return this.#offer(
      { ...this.#leased(), actionTypeId, kind: 'look', pipelineId: randomUUID(), actionName: 'Source', ...draft },
      new Map(),
    );
  }

  direct(jobId: string, directive: 'cancel' | 'forget'): void {
    this.attempt(jobId).directive = directive;
    this.#notify();
  }

  attempt(jobId: string): Attempt {
    const attempt = this.attempts.get(jobId);
    if (attempt === undefined) throw new Error(`There is no job ${jobId}.`);
    return attempt;
  }

  log(jobId: string): string {
    return this.attempt(jobId).log.toString('utf8');
  }

  /** Keeps no more than the size of a log, for large ones. */
  countLogOnly(jobId: string): void {
    this.attempt(jobId).countOnly = true;
  }

  /** Waits for a condition over what has arrived. */
  async until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener(
        'abort',
        () => reject(new Error(`Not within ${timeoutMs} ms: ${condition.toString()}`)),
        { once: true },
      );
    });
    late.catch(() => undefined);
    while (!condition()) await Promise.race([this.#changed.promise, late]);
  }

  async result(jobId: string, timeoutMs?: number): Promise<JobResult> {
    await this.until(() => this.attempt(jobId).report !== undefined, timeoutMs);
    const { report } = this.attempt(jobId);
    if (report === undefined) throw new Error('unreachable');
    return report.result;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  #leased() {
    return {
      jobId: randomUUID(),
      nonce: randomUUID(),
      jobToken: `job-token-${randomUUID()}`,
      leaseTermMs: this.leaseTermMs,
      project: 'default',
      pipelineName: 'shop',
      timeoutMs: 60_000,
    };
  }

  #offer(job: Job, inputs: ReadonlyMap<string, Buffer>): string {
    const attempt: Attempt = {
      job,
      log: Buffer.alloc(0),
      logBytes: 0,
      artifacts: new Map(),
      inputs,
      directive: 'continue',
      renewals: 0,
    };
    this.attempts.set(job.jobId, attempt);
    this.#queue.push(attempt);
    this.#notify();
    return job.jobId;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #makeServer(): Server {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) reply(response, 500, { code: 'INTERNAL', message: String(error) });
      });
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.failWith !== undefined) return reply(response, this.failWith, { code: 'AWAY', message: 'away' });
    const url = new URL(request.url ?? '/', 'http://double');
    const job = /^\/runner\/v1\/jobs\/([^/]+)\/(report|log|artifacts)(?:\/([^/]+))?$/.exec(url.pathname);
    if (job !== null) return await this.#handleJob(url, job, request, response);
    if (request.headers.authorization !== `Bearer ${RUNNER_TOKEN}`) return unauthenticated(response);
    if (url.pathname.endsWith('/lease')) await this.#lease(request, response);
    else await this.#heartbeat(request, response);
  }

  async #handleJob(url: URL, job: RegExpExecArray, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, jobId = '', what, name = ''] = job;
    const attempt = this.attempts.get(jobId);
    if (attempt === undefined) return reply(response, 404, { code: 'UNKNOWN_JOB', message: 'No such job.' });
    if (request.headers.authorization !== `Bearer ${attempt.job.jobToken}`) return unauthenticated(response);
    if (attempt.directive === 'forget')
      return reply(response, 409, { code: 'STALE_ATTEMPT', message: 'The attempt is over.' });
    if (what === 'report') return await this.#report(attempt, request, response);
    if (what === 'log') return await this.#log(attempt, url, request, response);
    await this.#artifact(attempt, name, request, response);
  }

  async #lease(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { requestId, waitMs } = leaseRequest.parse(JSON.parse((await body(request)).toString()));
    this.leaseRequests.push(requestId);
    this.#notify();
    const gone = once(response, 'close');
    const timeout = AbortSignal.timeout(Math.max(1, waitMs));
    const late = once(timeout, 'abort');
    while (!this.#answered.has(requestId) && this.#queue.length === 0 && !timeout.aborted && !response.destroyed) {
      await Promise.race([this.#changed.promise, late, gone]);
    }
    if (response.destroyed) return;
    const job = this.#answered.get(requestId) ?? this.#queue.shift()?.job;
    if (job === undefined) return reply(response, 200, {});
    this.#answered.set(requestId, job);
    if (this.loseLeaseAnswers-- > 0) return void response.destroy();
    reply(response, 200, { job });
  }

  async #heartbeat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { jobs, waitMs } = heartbeatRequest.parse(JSON.parse((await body(request)).toString()));
    this.heartbeats++;
    const known = jobs.map(({ jobId, nonce }) => ({ jobId, attempt: this.attempts.get(jobId), nonce }));
    for (const { attempt } of known) if (attempt !== undefined) attempt.renewals++;
    this.#notify();
    const gone = once(response, 'close');
    const timeout = AbortSignal.timeout(Math.max(1, waitMs));
    const late = once(timeout, 'abort');
    const answer = (): HeartbeatReply['jobs'] =>
      known.map(({ jobId, attempt, nonce }) => ({
        jobId,
        directive: attempt?.job.nonce === nonce && attempt.report === undefined ? attempt.directive : 'forget',
      }));
    while (answer().every(({ directive }) => directive === 'continue') && !timeout.aborted && !response.destroyed) {
      await Promise.race([this.#changed.promise, late, gone]);
    }
    if (!response.destroyed) reply(response, 200, { jobs: answer() });
  }

  async #report(attempt: Attempt, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const report = reportRequest.parse(JSON.parse((await body(request)).toString())) as ReportRequest;
    if (report.nonce !== attempt.job.nonce)
      return reply(response, 409, { code: 'STALE_ATTEMPT', message: 'The attempt is over.' });
    if (report.logBytes !== undefined && report.logBytes !== attempt.logBytes) {
      return reply(response, 409, { code: 'LOG_INCOMPLETE', message: `The log has ${attempt.logBytes} bytes.` });
    }
    attempt.report ??= report;
    this.#notify();
    if (this.loseReportAnswers-- > 0) return void response.destroy();
    reply(response, 200, { recorded: true });
  }

  async #log(attempt: Attempt, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const offset = Number(url.searchParams.get('offset'));
    const bytes = await body(request);
    const size = attempt.logBytes;
    if (offset > size) return reply(response, 409, { code: 'LOG_GAP', message: `The log has ${size} bytes.` });
    const fresh = bytes.subarray(size - offset);
    attempt.logBytes += fresh.length;
    if (attempt.countOnly !== true) attempt.log = Buffer.concat([attempt.log, fresh]);
    this.#notify();
    reply(response, 200, { size: attempt.logBytes });
  }

  async #artifact(attempt: Attempt, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const bytes = attempt.inputs.get(name);
      if (bytes === undefined) return reply(response, 404, { code: 'UNKNOWN_ARTIFACT', message: 'No such artifact.' });
      return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    }
    const bytes = await body(request);
    const digest = sha256(bytes);
    if (digest !== request.headers['x-content-sha256'])
      return reply(response, 400, { code: 'DIGEST', message: 'Another digest.' });
    attempt.artifacts.set(name, bytes);
    this.#notify();
    reply(response, 200, { sha256: digest, bytes: bytes.length });
  }
}

function unauthenticated(response: ServerResponse): void {
  reply(response, 401, { code: 'UNAUTHENTICATED', message: 'Who?' });
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function reply(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(status === 200 ? value : { correlationId: 'test', ...value });
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
