import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../testing/house.js';
import { baseEnvironment } from './environment.js';
import { detectIsolation, isolationOf } from './isolation.js';
import type { Isolation } from './isolation.js';
import { runTree } from './process-tree.js';
import { sweep } from './sweep.js';
import { runTool } from './tool.js';

const environment = baseEnvironment(process.env);
const best = detectIsolation(environment);
const kinds = (['pid-namespace', 'parent-death', 'process-group'] as const).filter(
  (kind) =>
    kind === best.kind || (kind === 'parent-death' && best.kind === 'pid-namespace') || kind === 'process-group',
);

let directory: string;
let sequence = 0;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-tree-')));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function options(isolation: Isolation, script: string, signal = new AbortController().signal) {
  const mark = `test-${process.pid}.${++sequence}.`;
  return { command: ['sh', '-c', script] as const, cwd: directory, environment, isolation, mark, signal };
}

/** Ticks into a file as long as it lives, out of every group and without any pipe. */
const daemon = (file: string): string =>
  `setsid sh -c 'while :; do echo x >> ${file}; sleep 0.02; done' >/dev/null 2>&1 </dev/null &`;

async function expectDead(file: string): Promise<void> {
  const size = (): number => (existsSync(file) ? readFileSync(file).length : 0);
  let last = -1;
  // Three silent rounds of ten ticks each.
  let silent = 0;
  await eventually(() => {
    silent = size() === last ? silent + 1 : 0;
    last = size();
    return silent >= 20;
  });
}

describe.each(kinds)('with %s', (kind) => {
  const isolation = kind === best.kind ? best : isolationOf(kind);

  test('gives output, errors and exit code', async () => {
    const result = await runTool(options(isolation, 'echo out; echo err >&2; exit 3'));
    expect(result).toMatchObject({ exitCode: 3, stderr: 'err\n' });
    expect(result.stdout.toString()).toBe('out\n');
  });

  test('an abort ends the whole tree, a daemon in a session of its own included', async () => {
    const file = join(directory, 'ticks');
    const stop = new AbortController();
    const running = runTool(options(isolation, `${daemon(file)} sleep 60`, stop.signal));
    await eventually(() => existsSync(file));
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expectDead(file);
  });

  test('what the first process leaves behind ends with it', async () => {
    const file = join(directory, 'ticks');
    await runTool(options(isolation, `${daemon(file)} until [ -e ${file} ]; do sleep 0.01; done`));
    await expectDead(file);
  });

  test('a child that holds the output open does not hold the end up', async () => {
    const startedMs = Date.now();
    await runTool(options(isolation, 'setsid sleep 30 & echo done'));
    expect(Date.now() - startedMs).toBeLessThan(5_000);
  });

  test('a reader that fails ends the tree', async () => {
    const broken = runTree(options(isolation, 'sleep 60'), () => Promise.reject(new Error('no room')));
    await expect(broken).rejects.toThrow('no room');
  });

  test('a command that is not there is an error', async () => {
    const absent = runTool({ ...options(isolation, ''), command: ['/nonexistent/command'] });
    if (isolation.wrapper.length === 0) await expect(absent).rejects.toMatchObject({ code: 'ENOENT' });
    else expect((await absent).exitCode).not.toBe(0);
  });

  test('after a kill -9 of the runner nothing lives on', async () => {
    const file = join(directory, 'ticks');
    const mark = `killed-${process.pid}-${kind}.`;
    const parent = spawn(
      process.execPath,
      ['-e', PARENT, JSON.stringify({ ...options(isolation, `${daemon(file)} sleep 60`), mark, signal: undefined })],
      {
        stdio: 'ignore',
      },
    );
    await eventually(() => existsSync(file));
    parent.kill('SIGKILL');
    // Without a namespace it is the next start that ends what escaped.
    if (kind !== 'pid-namespace') await sweep(mark);
    await expectDead(file);
  });
});

/** Starts the command as the runner does. The runner itself needs a build to be run outside of Jest. */
const PARENT = `
const { command, cwd, environment, isolation, mark } = JSON.parse(process.argv[1]);
const [file, ...args] = [...isolation.wrapper, ...command];
require('node:child_process').spawn(file, args, { cwd, env: { ...environment, MILLRACE_PROCESS_TREE: mark }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
setInterval(() => {}, 1000);
`;

test('children see an allow-listed environment', async () => {
  const own = {
    ...process.env,
    MILLRACE_RUNNER_TOKEN: 'secret',
    NODE_OPTIONS: '--no-warnings',
    LD_PRELOAD: '',
    GIT_DIR: '/x',
  };
  const { stdout } = await runTool({ ...options(best, 'env'), environment: baseEnvironment(own) });
  expect(stdout.toString()).not.toMatch(/TOKEN|NODE_OPTIONS|LD_PRELOAD|GIT_DIR/);
  expect(stdout.toString()).toMatch(/^PATH=/m);
});
