import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { settledWithin } from '../waiting.js';
import type { Isolation } from './isolation.js';
import { TREE_MARK, sweep } from './sweep.js';

export interface TreeOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
  /** Marks the tree's processes; unique to it. */
  readonly mark: string;
  /** When aborted, the whole tree is killed. */
  readonly signal: AbortSignal;
}

export interface TreeEnd {
  /** Of the first process; null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** After the first process is gone its pipes may be held by processes outside every net; output is not waited for beyond this. */
const PIPES_MS_MAX = 2_000;
/** How long the kernel may take to end a namespace before its holder is killed too. */
const NAMESPACE_MS_MAX = 2_000;

/**
 * Runs a command and all that it starts. The whole tree is over when this returns: what the first process leaves behind is killed, so
 * a daemon belongs in the hands of a service manager.
 *
 * @param consume - reads the output; what it does not read holds the process back. A rejection kills the tree and is thrown.
 * @throws when the command can't be started, or the signal's reason when that was aborted.
 */
export async function runTree(
  options: TreeOptions,
  consume: (stdout: Readable, stderr: Readable) => Promise<void>,
): Promise<TreeEnd> {
  options.signal.throwIfAborted();
  const [command, ...args] = [...options.isolation.wrapper, ...options.command];
  const child = spawn(command ?? 'false', args, {
    cwd: options.cwd,
    env: { ...options.environment, [TREE_MARK]: options.mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = (): void => void killTree(child, options);
  options.signal.addEventListener('abort', kill, { once: true });
  try {
    const consumed = consume(child.stdout, child.stderr);
    consumed.catch(kill);
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    await killTree(child, options);
    if (!(await settledWithin(consumed, PIPES_MS_MAX))) closePipes(child);
    options.signal.throwIfAborted();
    await consumed;
    return { exitCode, signal };
  } finally {
    options.signal.removeEventListener('abort', kill);
    closePipes(child);
  }
}

/** Ends every process of the tree; one that has ended already is no error. */
async function killTree(child: ChildProcess, { isolation, mark }: TreeOptions): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (isolation.kind === 'pid-namespace') return await killNamespace(child, pid);
  signalGroup(pid);
  await sweep(mark);
}

/**
 * Kills the namespace's first process: its parent, our child, ends only when the kernel has ended all the others. Killed itself, it
 * would be gone a moment before them.
 */
async function killNamespace(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const first = Number(children.trim().split(' ')[0]);
  if (!(first > 0)) {
    child.kill('SIGKILL');
    return;
  }
  signalProcess(first);
  setTimeout(() => child.kill('SIGKILL'), NAMESPACE_MS_MAX).unref();
}

function signalGroup(pid: number): void {
  signalProcess(-pid);
}

function signalProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself.
  }
}

function closePipes(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}
