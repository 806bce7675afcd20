import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listTree } from '../archives/tree.js';
import { unzip } from '../archives/unzip.js';
import { zip } from '../archives/zip.js';
import type { Logger } from '../logger.js';
import { startRunner } from '../runner.js';
import type { Runner, RunnerOptions } from '../runner.js';
import { ControlPlaneDouble, RUNNER_TOKEN } from './control-plane-double.js';

export const commandsType = { category: 'Build', owner: 'AWS', provider: 'Commands', version: '1' };
export const gitType = { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' };
export const filesType = { category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' };
export const buildspecType = { category: 'Build', owner: 'Millrace', provider: 'Buildspec', version: '1' };

const never = new AbortController().signal;

/** A directory of the test's own, with a control plane and runners; all of it ends with `close`. */
export class House {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-runner-')));
  readonly controlPlane: ControlPlaneDouble;
  readonly messages: string[] = [];
  readonly #runners: Runner[] = [];

  private constructor(controlPlane: ControlPlaneDouble) {
    this.controlPlane = controlPlane;
  }

  static async open(): Promise<House> {
    return new House(await ControlPlaneDouble.start());
  }

  async startRunner(options: Partial<RunnerOptions> = {}): Promise<Runner> {
    const runner = await startRunner({
      url: this.controlPlane.url,
      token: RUNNER_TOKEN,
      directory: join(this.directory, 'runner'),
      logger: this.#logger(),
      environment: process.env,
      slots: 4,
      ...options,
    });
    this.#runners.push(runner);
    return runner;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  write(path: string, content: string, mode = 0o644): string {
    const target = this.path(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode });
    return target;
  }

  /** An archive of the given files; a content that begins with `#!` is executable. */
  async archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
    const root = mkdtempSync(this.path('archive-'));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
    }
    const target = `${root}.zip`;
    await zip((await listTree(root, never)).files, target, never);
    return readFileSync(target);
  }

  /** What is in an archive: path → content. */
  async unpack(archive: Buffer | undefined): Promise<Record<string, string>> {
    if (archive === undefined) throw new Error('There is no such artifact.');
    const root = mkdtempSync(this.path('unpacked-'));
    writeFileSync(`${root}.zip`, archive);
    await unzip(`${root}.zip`, root, never);
    const { files } = await listTree(root, never);
    return Object.fromEntries(files.map(({ path, source }) => [path, readFileSync(source, 'utf8')]));
  }

  /** Stops everything and checks nothing. */
  async close(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
    await this.controlPlane.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #logger(): Logger {
    const note = (fields: object, message: string): void =>
      void this.messages.push(`${message} ${JSON.stringify(fields)}`);
    return { info: note, warn: note, error: note };
  }
}

/** git with a fixed author, away from the machine's own configuration. */
export function git(directory: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    },
  }).trim();
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is dead, only not buried.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Waits for a condition that nobody announces. */
export async function eventually(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`Not within ${timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
