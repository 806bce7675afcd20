import { readFile, readdir } from 'node:fs/promises';

/** The variable that marks every process of a tree. */
export const TREE_MARK = 'MILLRACE_PROCESS_TREE';

/** A process may fork while it is looked for; so many passes end a tree unless it is an attack. */
const PASSES_MAX = 20;

/**
 * Kills every process whose environment carries a mark that begins with `mark`, until none is found. Linux only: elsewhere nothing is
 * found. Processes that hide their environment escape; the PID namespace is the wall, this is the net.
 */
export async function sweep(mark: string): Promise<void> {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const found = await marked(mark);
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
  }
}

async function marked(mark: string): Promise<number[]> {
  const wanted = Buffer.from(`${TREE_MARK}=${mark}`);
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await carries(pid, wanted)) ? pid : undefined)));
  return found.filter((pid) => pid !== undefined && pid !== process.pid) as number[];
}

async function carries(pid: number, wanted: Buffer): Promise<boolean> {
  // Gone, or somebody else's: not ours to kill either way. A zombie's environment is empty.
  const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
  const at = environment.indexOf(wanted);
  return at === 0 || (at > 0 && environment[at - 1] === 0);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
