import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import type { LifecyclePart, Logger, Timer, Timers } from '@millrace/runtime';

export interface BuiltInRunnerOptions {
  readonly dataDirectory: string;
  /** The gateway's address. */
  readonly url: string;
  readonly slots?: number;
  /** The process's own, less what is ours. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of what pipelines make: a release is read by others, such as a web server, while ours is private. Default: as ours is. */
  readonly umask?: number;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Of the runner that was started last. */
interface RunnerRecord {
  readonly pid: number;
  /** Of the process, as the kernel has it: a number that is used again is another process. */
  readonly startedAt: string;
  readonly url: string;
}

const RESTART_MS = 500;
const RESTART_MS_MAX = 30_000;
/** A runner that has worked so long is no failure: the next one is started after the shortest delay again. */
const LASTING_MS = 60_000;
/** An orderly stop of a runner takes 10 s at most (docs/decisions/0020). */
const STOP_WITHIN_MS = 8_500;
/** What the kernel takes to end a process that was killed. */
const KILLED_WITHIN_MS = 500;

/**
 * The runner on this machine, a process in a session of its own: it outlives a platform that is killed, works on, and is adopted by the
 * next start instead of being doubled (docs/decisions/0020). An orderly stop of the platform stops it too.
 */
export class BuiltInRunner implements LifecyclePart {
  readonly name = 'runner';
  readonly stopWithinMs = STOP_WITHIN_MS + KILLED_WITHIN_MS + 500;
  private readonly directory: string;
  private pid: number | undefined;
  private child: ChildProcess | undefined;
  private restart: Timer | undefined;
  private lasting: Timer | undefined;
  private failures = 0;
  private stopping = false;

  constructor(private readonly options: BuiltInRunnerOptions) {
    this.directory = join(options.dataDirectory, 'runner');
  }

  async start(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const adopted = await this.alive();
    if (adopted === undefined) return this.spawn();
    if (adopted.url === this.options.url) {
      this.pid = adopted.pid;
      this.options.logger.info({ pid: adopted.pid }, 'The runner of the last start works on and is adopted');
      return this.watchAdopted();
    }
    // It looks for us where we are no longer.
    process.kill(adopted.pid, 'SIGTERM');
    await this.gone(adopted.pid, STOP_WITHIN_MS);
    return this.spawn();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.restart?.cancel();
    this.lasting?.cancel();
    if (this.pid === undefined || (await startOf(this.pid)) === undefined) return;
    process.kill(this.pid, 'SIGTERM');
    await this.gone(this.pid, STOP_WITHIN_MS);
  }

  /** Doesn't throw: whatever goes wrong, it is tried again, as after any end of a runner. */
  private async spawn(): Promise<void> {
    let child: ChildProcess;
    try {
      child = this.launch();
    } catch (error) {
      return this.ended({ error });
    }
    child.unref();
    this.child = child;
    this.pid = child.pid;
    const { pid } = child;
    // A process that could not be made has no exit; one that was made has, also after an error (of a signal, say).
    child.on('error', (error) => {
      if (pid === undefined) this.ended({ error });
    });
    if (pid === undefined) return;
    child.once('exit', (code, signal) => this.ended({ code, signal }));
    this.lasting = this.options.timers.after(LASTING_MS, () => (this.failures = 0));
    await this.record(child, pid);
  }

  private launch(): ChildProcess {
    const main = createRequire(import.meta.url)
      .resolve('@millrace/runner')
      .replace(/index\.js$/, 'main.js');
    const log = openSync(join(this.directory, 'runner.log'), 'a', 0o600);
    try {
      return spawn(process.execPath, [main], { detached: true, stdio: ['ignore', log, log], env: this.environment() });
    } finally {
      closeSync(log);
    }
  }

  /** A runner without a record, as a full disk leaves it, could be adopted by nobody and would be doubled: it is ended. */
  private async record(child: ChildProcess, pid: number): Promise<void> {
    try {
      const startedAt = (await startOf(pid)) ?? '';
      const record: RunnerRecord = { pid, startedAt, url: this.options.url };
      await writeFile(join(this.directory, 'process.json.new'), JSON.stringify(record), { mode: 0o600 });
      await rename(join(this.directory, 'process.json.new'), join(this.directory, 'process.json'));
    } catch (error) {
      this.options.logger.warn({ error }, 'The runner could not be written down and is ended');
      child.kill('SIGTERM');
    }
  }

  private environment(): NodeJS.ProcessEnv {
    const { environment, url, dataDirectory, slots, umask } = this.options;
    return {
      ...environment,
      MILLRACE_URL: url,
      MILLRACE_RUNNER_TOKEN_FILE: join(dataDirectory, 'runner-token'),
      MILLRACE_RUNNER_DIR: this.directory,
      ...(slots === undefined ? {} : { MILLRACE_RUNNER_SLOTS: String(slots) }),
      // It takes it itself: ours holds for all of this process's threads, and must not be lifted for an instant.
      ...(umask === undefined ? {} : { MILLRACE_RUNNER_UMASK: umask.toString(8) }),
    };
  }

  private ended(how: object): void {
    this.lasting?.cancel();
    // Its number may be another process's soon.
    this.pid = undefined;
    if (this.stopping) return;
    const delayMs = Math.min(RESTART_MS * 2 ** this.failures, RESTART_MS_MAX);
    this.failures += 1;
    this.options.logger.warn(
      { ...how, delayMs, log: join(this.directory, 'runner.log') },
      'The runner has ended; starting another',
    );
    this.restart = this.options.timers.after(delayMs, () => void this.spawn());
  }

  /** No child of ours, so nobody tells us when it ends. */
  private watchAdopted(): void {
    this.restart = this.options.timers.after(2_000, () => void this.checkAdopted());
  }

  private async checkAdopted(): Promise<void> {
    if (this.stopping || this.child !== undefined) return;
    if ((await this.alive()) === undefined) this.ended({ adopted: true });
    else this.watchAdopted();
  }

  private async alive(): Promise<RunnerRecord | undefined> {
    const record = await readRecord(join(this.directory, 'process.json'));
    if (record === undefined) return undefined;
    return (await startOf(record.pid)) === record.startedAt ? record : undefined;
  }

  /** Ends it for good when it takes too long; when this resolves, it is not there any more. */
  private async gone(pid: number, withinMs: number): Promise<void> {
    if (await this.leaves(pid, withinMs)) return;
    process.kill(pid, 'SIGKILL');
    await this.leaves(pid, KILLED_WITHIN_MS);
  }

  private async leaves(pid: number, withinMs: number): Promise<boolean> {
    const endMs = Date.now() + withinMs;
    while (Date.now() < endMs) {
      if ((await startOf(pid)) === undefined) return true;
      await new Promise<void>((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }
}

async function readRecord(path: string): Promise<RunnerRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunnerRecord;
  } catch {
    return undefined;
  }
}

/** When the process was started, as the kernel tells; undefined where there is none (or it is a zombie). */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return existing(pid) ? 'unknown' : undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Behind the command's name, which may hold anything: state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function existing(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
