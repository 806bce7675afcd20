import type { Runner } from '../runner.js';
import { RUNNER_TOKEN } from '../testing/control-plane-double.js';
import { House, commandsType } from '../testing/house.js';

let house: House;
let runner: Runner;
beforeEach(async () => {
  house = await House.open();
  runner = await house.startRunner();
});
afterEach(async () => {
  await house.close();
});

type Draft = Omit<Parameters<House['controlPlane']['offerAction']>[0], 'actionTypeId'>;

async function run(commands: string[], draft: Draft = {}) {
  const jobId = house.controlPlane.offerAction({ actionTypeId: commandsType, commands, ...draft });
  return { jobId, result: await house.controlPlane.result(jobId), log: house.controlPlane.log(jobId) };
}

describe('Commands', () => {
  test('runs all lines in one shell and shows each before it runs', async () => {
    const { result, log } = await run(['mkdir sub; cd sub; X=1; f() { echo "f $X"; }', 'f; basename "$PWD"']);
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toBe(
      '[millrace] $ mkdir sub; cd sub; X=1; f() { echo "f $X"; }\n[millrace] $ f; basename "$PWD"\nf 1\nsub\n',
    );
  });

  test('fails with the first line that fails; the rest does not run', async () => {
    const { result, log } = await run(['echo one', 'sh -c "exit 7"', 'echo three']);
    expect(result).toMatchObject({
      status: 'failed',
      code: 'JobFailed',
      message: '"sh -c "exit 7"" ended with exit code 7.',
    });
    expect(log).not.toContain('three');
  });

  test.each([
    ['exit 3', 3],
    ['return 4', 4],
    ['set -e; false', 1],
    ['echo "unterminated', 2],
    ['if true', 2],
  ])('%s ends the action with its status', async (line, exitCode) => {
    const { result, log } = await run([line, 'echo after']);
    const message = (result as { message: string }).message;
    expect(message).toMatch(new RegExp(`ended with exit code (${exitCode}|1|2)\\.$`));
    expect(log).not.toMatch(/^after$/m);
  });

  test('a line that kills its shell fails the action', async () => {
    // The first process of a PID namespace can't be killed from inside; a shell within can.
    const { result } = await run(['sh -c "kill -9 \\$\\$"']);
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('137') as string });
  });

  test('works in the first input; the others are named by variables', async () => {
    const inputs = { app: await house.archive({ 'a.txt': 'A' }), 'lib-x': await house.archive({ 'b.txt': 'B' }) };
    const { log } = await run(
      ['cat a.txt; cat "$CODEBUILD_SRC_DIR_lib_x/b.txt"; [ "$CODEBUILD_SRC_DIR" = "$PWD" ] && echo same'],
      { inputs },
    );
    expect(log).toContain('ABsame');
  });

  test('gives text to the shell as a value, whatever it holds', async () => {
    const value = `a'b"c$(touch pwned)\`id\`\\ \n;exit 1 #`;
    const { result, log } = await run(['printf "<%s>" "$TEXT"; ls'], {
      environmentVariables: [{ name: 'TEXT', value }],
    });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain(`<${value}>`);
    expect(log).not.toMatch(/^pwned$/m);
  });

  test('keeps variables of users away from its own helpers, and its token away from users', async () => {
    const environmentVariables = [
      { name: 'LD_PRELOAD', value: '/nonexistent.so' },
      { name: 'BASH_ENV', value: '/nonexistent.sh' },
      { name: 'IFS', value: 'x' },
    ];
    const { result, log } = await run(['echo "$BASH_ENV"', 'unset LD_PRELOAD', 'env'], { environmentVariables });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain('/nonexistent.sh');
    expect(log).not.toMatch(/TOKEN|npm_/);
  });

  test('hides what the runner is set by: neither its settings nor its token reach a build', async () => {
    await runner.stop();
    const settings = {
      MILLRACE_RUNNER_TOKEN: RUNNER_TOKEN,
      MILLRACE_RUNNER_TOKEN_FILE: '/srv/secret-file',
      MILLRACE_TOKEN: 'secret-admin',
      MILLRACE_URL: 'http://secret-host',
      MILLRACE_DATA: '/srv/secret-data',
      AWS_SECRET_ACCESS_KEY: 'secret-cloud',
      SSH_AUTH_SOCK: '/run/secret-agent',
    };
    await house.startRunner({ environment: { ...process.env, ...settings } });
    const { result, log } = await run(['env']);
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toMatch(/^PATH=/m);
    expect(log).not.toContain('secret');
    // By this mark the runner finds what a build has left behind.
    expect(new Set(log.match(/^MILLRACE_\w+/gm))).toEqual(new Set(['MILLRACE_PROCESS_TREE']));
    expect(log).not.toContain(RUNNER_TOKEN);
  });

  test('refuses names that a shell can not have', async () => {
    const { result } = await run(['true'], { environmentVariables: [{ name: 'A;id', value: '' }] });
    expect(result).toMatchObject({ status: 'failed', code: 'ConfigurationError' });
  });

  test('exports variables as they are after the last line', async () => {
    const { result } = await run(['export A="1\n2"', 'B=x; EMPTY='], { outputVariables: ['A', 'B', 'EMPTY', 'UNSET'] });
    expect(result).toMatchObject({
      outputVariables: [
        { name: 'A', value: '1\n2' },
        { name: 'B', value: 'x' },
        { name: 'EMPTY', value: '' },
      ],
    });
  });

  test('fails when the exported variables are too large', async () => {
    const { result } = await run(['A=$(head -c 130000 /dev/zero | tr "\\0" a)'], { outputVariables: ['A'] });
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('122880') as string });
  });

  test('stores the files that match', async () => {
    const outputArtifacts = [{ name: 'Out', files: ['dist/**/*', '*.txt'] }];
    const { jobId, result } = await run(
      [
        'mkdir -p dist/a/b; echo 1 > dist/a/b/x; echo 2 > dist/y; echo 3 > z.txt; echo 4 > w.md; ln -s /etc/passwd p.txt',
      ],
      {
        outputArtifacts,
      },
    );
    expect(result).toMatchObject({ status: 'succeeded', outputArtifacts: [{ name: 'Out' }] });
    const files = await house.unpack(house.controlPlane.attempt(jobId).artifacts.get('Out'));
    expect(files).toEqual({ 'dist/a/b/x': '1\n', 'dist/y': '2\n', 'z.txt': '3\n' });
  });

  test('fails when no file matches, and says what was meant', async () => {
    const { result } = await run(['mkdir dist'], { outputArtifacts: [{ name: 'Out', files: ['dist'] }] });
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('dist/**/*') as string });
  });

  test('is over at its time-out, with everything it started', async () => {
    const marker = house.path('alive');
    const { result } = await run([`setsid sh -c 'sleep 1.5; touch ${marker}' >/dev/null 2>&1 & sleep 60`], {
      timeoutMs: 500,
    });
    expect(result).toMatchObject({ status: 'failed', code: 'TimedOut' });
    const next = await run(['sleep 2; ls ' + house.directory]);
    expect(next.log).not.toContain('alive');
  });

  test('100 MB of output flow through in bounded memory', async () => {
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const jobId = house.controlPlane.offerAction({
      actionTypeId: commandsType,
      commands: ['head -c 100000000 /dev/zero | tr "\\0" x'],
    });
    house.controlPlane.countLogOnly(jobId);
    const result = await house.controlPlane.result(jobId, 60_000);
    clearInterval(watch);
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(house.controlPlane.attempt(jobId).report?.logBytes).toBeGreaterThanOrEqual(100_000_000);
    expect(peak - before).toBeLessThan(150_000_000);
  }, 60_000);
});
