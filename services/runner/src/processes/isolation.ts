import { spawnSync } from 'node:child_process';

/**
 * How a process tree is held together, best first:
 *
 * - `pid-namespace`: every process is in a PID namespace of its own; the kernel ends all of it with its first process, daemons that
 *   called `setsid` included, and ends that when the runner dies, however it dies.
 * - `parent-death`: the first process is killed by the kernel when the runner dies; the rest is a process group, and processes that left
 *   the group are found by a mark in their environment.
 * - `process-group`: the group and the mark only. After a `kill -9` of the runner the tree lives until the next start sweeps it.
 */
export interface Isolation {
  readonly kind: 'pid-namespace' | 'parent-death' | 'process-group';
  /** What is put before the command. */
  readonly wrapper: readonly string[];
}

const DEATH = ['setpriv', '--pdeathsig', 'KILL'];
const NAMESPACE = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc'];

const CANDIDATES: readonly Isolation[] = [
  { kind: 'pid-namespace', wrapper: [...DEATH, 'unshare', ...NAMESPACE] },
  // Without privileges a user namespace is needed first; some distributions forbid it.
  { kind: 'pid-namespace', wrapper: [...DEATH, 'unshare', '--user', '--map-current-user', ...NAMESPACE] },
  { kind: 'parent-death', wrapper: DEATH },
];

const NONE: Isolation = { kind: 'process-group', wrapper: [] };
const TRIAL_MS_MAX = 5_000;

/** The best isolation that works on this machine for this user, found by trying. */
export function detectIsolation(environment: Readonly<Record<string, string>>): Isolation {
  return CANDIDATES.find((candidate) => works(candidate, environment)) ?? NONE;
}

function works({ wrapper }: Isolation, environment: Readonly<Record<string, string>>): boolean {
  const [command = 'false', ...options] = wrapper;
  const trial = spawnSync(command, [...options, 'true'], { env: environment, stdio: 'ignore', timeout: TRIAL_MS_MAX });
  return trial.status === 0;
}

/** The isolation of a given kind, for tests and for operators who must do without namespaces. */
export function isolationOf(kind: Isolation['kind']): Isolation {
  return CANDIDATES.find((candidate) => candidate.kind === kind) ?? NONE;
}
