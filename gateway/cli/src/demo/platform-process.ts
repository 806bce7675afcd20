import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from '../failure.js';

const START_MS_MAX = 20_000;
/** An orderly stop takes under 10 s. */
const STOP_MS_MAX = 12_000;
const LOOK_EVERY_MS = 50;
/** What is shown of its log when it failed. */
const LOG_LINES = 20;

export interface PlatformStart {
  /** `services/standalone/dist/main.js`. */
  readonly main: string;
  readonly dataDirectory: string;
  /** Where its log goes. */
  readonly logFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** A platform of our own, on a free port. In a session of its own, so that Ctrl-C reaches us and we stop it in order. */
export class PlatformProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly options: PlatformStart,
    readonly url: string,
  ) {}

  static async start(options: PlatformStart): Promise<PlatformProcess> {
    const log = openSync(options.logFile, 'a', 0o600);
    const child = spawn(process.execPath, [options.main], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...withoutOurs(options.env),
        MILLRACE_DATA: options.dataDirectory,
        MILLRACE_HOST: '127.0.0.1',
        MILLRACE_PORT: '0',
        MILLRACE_LOG_LEVEL: 'warn',
      },
    });
    closeSync(log);
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    // Also a rejection that comes when nobody waits any more is known.
    failed.catch(() => undefined);
    try {
      const url = await Promise.race([failed, listening(child, options)]);
      return new PlatformProcess(child, options, url);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Lets it live on without us. */
  release(): void {
    this.child.unref();
  }

  /** In order; by force where that takes too long, and its runner with it. */
  async stop(): Promise<void> {
    if (this.#over()) return;
    this.child.kill('SIGTERM');
    for (let waitedMs = 0; waitedMs < STOP_MS_MAX && !this.#over(); waitedMs += LOOK_EVERY_MS)
      await sleep(LOOK_EVERY_MS);
    if (this.#over()) return;
    await this.kill();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    // The runner outlives a killed platform on purpose: it would wait for the next one.
    const runner = await readFile(join(this.options.dataDirectory, 'runner', 'process.json'), 'utf8').catch(() => '{}');
    const { pid } = JSON.parse(runner) as { readonly pid?: number };
    if (pid !== undefined) signalled(pid);
  }

  #over(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

function signalled(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

/** Settings of the shell that the demo runs in are for another platform. */
function withoutOurs(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MILLRACE_')));
}

async function listening(child: ChildProcess, options: PlatformStart): Promise<string> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < START_MS_MAX) {
    const log = await readFile(options.logFile, 'utf8');
    const url = /listens on (http:\/\/\S+)/.exec(log)?.[1];
    if (url !== undefined && (await isReady(url))) return url;
    if (child.exitCode !== null) throw failed(`The platform ended with exit code ${child.exitCode}.`, log);
    await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal });
  }
  throw failed(`The platform was not ready within ${START_MS_MAX / 1000} s.`, await readFile(options.logFile, 'utf8'));
}

function failed(message: string, log: string): Failure {
  const tail = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
  return new Failure(EXIT.failed, 'PLATFORM', `${message} It said:\n${tail}`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
