import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.js';
import { freePort, processStart, signal } from './processes.js';
import { until } from './wait.js';

export interface PlatformSetting {
  /** Of the data; default: one in the test's own directory. */
  readonly dataDirectory?: string;
  /** Beside ours, e.g. `MILLRACE_CRASH_AT`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a process has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built platform: beside this file's own build, or, from the sources, in `dist`. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const RUNNER_MAIN = fileURLToPath(new URL('../../../runner/dist/main.js', import.meta.url));
const LOG_TAIL_CHARACTERS = 4_000;
/** Names that a child needs and that are nobody's setting of the platform. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER'];

/**
 * The platform as `npm start` runs it: a process of its own with its runner, on a real directory and a port of 127.0.0.1. It can be
 * killed and started again on the same data, and {@link dispose} leaves nothing of it.
 */
export class PlatformProcess {
  readonly api = new Api(
    () => this.url,
    () => this.token,
  );
  readonly dataDirectory: string;
  private child: ChildProcess | undefined;
  private readonly runners: ChildProcess[] = [];
  private ending: Promise<Ending> | undefined;
  private token = '';

  private constructor(
    /** For what belongs to the test: repositories, targets, markers. */
    readonly directory: string,
    readonly port: number,
    private readonly setting: PlatformSetting,
  ) {
    this.dataDirectory = setting.dataDirectory ?? join(directory, 'data');
  }

  /** With a directory and a port of its own, not started yet. */
  static async prepare(setting: PlatformSetting = {}): Promise<PlatformProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
    return new PlatformProcess(directory, await freePort(), setting);
  }

  /** Started and ready. */
  static async start(setting: PlatformSetting = {}): Promise<PlatformProcess> {
    const platform = await PlatformProcess.prepare(setting);
    try {
      await platform.start();
      return platform;
    } catch (error) {
      await platform.dispose();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('The platform was not started.');
    return this.child.pid;
  }

  /** Starts it (again) on the same data and waits until it is ready. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.launch(environment);
    await this.ready();
  }

  /**
   * Starts it without waiting for anything.
   *
   * @param flags - as behind `npm start --`.
   */
  async launch(environment: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<void> {
    await mkdir(this.dataDirectory, { recursive: true });
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [MAIN, ...flags], {
      stdio: ['ignore', log, log],
      cwd: this.directory,
      env: { ...this.environment(), ...environment },
    });
    closeSync(log);
    this.child = child;
    this.ending = new Promise((resolve) => child.once('exit', (code, by) => resolve({ code, signal: by })));
  }

  /** Waits until it says that it is ready. @throws Error with its log's end when it ends instead. */
  async ready(): Promise<void> {
    await until(`a ready platform, whose log ends\n${await this.logTail()}`, async () => {
      if (this.hasEnded()) throw new Error(`The platform has ended instead of being ready:\n${await this.logTail()}`);
      return isReady(this.url);
    });
    await this.readToken();
  }

  /** Waits for a platform that somebody else has started on this directory and port. */
  async readyElsewhere(): Promise<void> {
    await until('a platform that is ready', () => isReady(this.url));
    await this.readToken();
  }

  private async readToken(): Promise<void> {
    this.token = (await readFile(join(this.dataDirectory, 'admin-token'), 'utf8')).trim();
  }

  hasEnded(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until the process has ended by itself. */
  async ended(): Promise<Ending> {
    await until('the end of the platform', () => this.hasEnded());
    return (await this.ending) ?? { code: null, signal: null };
  }

  /** As Ctrl-C does. */
  async stop(): Promise<Ending> {
    signal(this.pid, 'SIGTERM');
    return this.ended();
  }

  /** As a power cut does, for the platform alone. */
  async kill(): Promise<Ending> {
    signal(this.pid, 'SIGKILL');
    return this.ended();
  }

  /** The built-in runner's process; undefined while there is none. */
  async runnerPid(): Promise<number | undefined> {
    try {
      const record = JSON.parse(await readFile(join(this.dataDirectory, 'runner', 'process.json'), 'utf8')) as {
        readonly pid: number;
        readonly startedAt: string;
      };
      return (await processStart(record.pid)) === record.startedAt ? record.pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** @returns the pid that was killed. */
  async killRunner(): Promise<number> {
    const pid = await until('a runner to kill', () => this.runnerPid());
    signal(pid, 'SIGKILL');
    await until('the end of the runner', async () => (await processStart(pid)) === undefined);
    return pid;
  }

  /** Another runner, a process of its own as on another machine; ended by {@link dispose}. */
  async startRunner(labels: readonly string[]): Promise<void> {
    const directory = join(this.directory, `runner-${this.runners.length}`);
    const child = spawn(process.execPath, [RUNNER_MAIN], {
      stdio: 'ignore',
      env: {
        ...this.environment(),
        MILLRACE_URL: this.url,
        MILLRACE_RUNNER_TOKEN: await this.runnerToken(),
        MILLRACE_RUNNER_DIR: directory,
        MILLRACE_RUNNER_LABELS: labels.join(','),
      },
    });
    this.runners.push(child);
  }

  async logTail(): Promise<string> {
    return (await this.log()).slice(-LOG_TAIL_CHARACTERS);
  }

  /** Defects that it has met, as it logged them. */
  async errorsLogged(): Promise<readonly string[]> {
    return (await this.log()).split('\n').filter((line) => line.startsWith('{"level":"error"'));
  }

  /** The link that the latest start has printed. */
  async signInLink(): Promise<string> {
    const links = (await this.log()).match(/^ +console +(http\S+)$/gm);
    const link = links?.at(-1)?.trim().split(/ +/)[1];
    if (link === undefined) throw new Error(`No link to sign in was printed:\n${await this.logTail()}`);
    return link;
  }

  async runnerToken(): Promise<string> {
    return (await readFile(join(this.dataDirectory, 'runner-token'), 'utf8')).trim();
  }

  private async log(): Promise<string> {
    try {
      return await readFile(this.logFile, 'utf8');
    } catch {
      return '(nothing was logged)';
    }
  }

  /** Ends what still runs and removes everything. */
  async dispose(): Promise<void> {
    await this.api.close();
    // The platform first: it would start another runner.
    if (!this.hasEnded()) await this.kill();
    const runner = await this.runnerPid();
    if (runner !== undefined) await this.killRunner();
    for (const child of this.runners) await ended(child);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  private get logFile(): string {
    return join(this.directory, 'platform.log');
  }

  private environment(): Record<string, string> {
    const inherited = INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(inherited),
      MILLRACE_DATA: this.dataDirectory,
      MILLRACE_PORT: String(this.port),
      MILLRACE_LEASE_TERM_MS: '3000',
      MILLRACE_LOG_LEVEL: 'info',
      ...this.setting.environment,
    };
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await until('the end of a runner', () => child.exitCode !== null || child.signalCode !== null);
}
