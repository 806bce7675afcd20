import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobResult } from '@millrace/contracts/runner';
import type { Runner } from '../runner.js';
import { House, eventually, filesType } from '../testing/house.js';

let house: House;
let runner: Runner;
let target: string;
beforeEach(async () => {
  house = await House.open();
  target = house.path('www');
  runner = await house.startRunner();
});
afterEach(async () => {
  await house.close();
});

type Files = Readonly<Record<string, string>>;
type Draft = Omit<Parameters<House['controlPlane']['offerAction']>[0], 'actionTypeId'>;

async function offer(files: Files, configuration: Record<string, string> = {}, draft: Draft = {}): Promise<string> {
  return house.controlPlane.offerAction({
    actionTypeId: filesType,
    configuration: { TargetDirectory: target, ...configuration },
    inputs: { App: await house.archive(files) },
    ...draft,
  });
}

async function deploy(files: Files, configuration: Record<string, string> = {}, draft: Draft = {}) {
  const jobId = await offer(files, configuration, draft);
  return { jobId, result: await house.controlPlane.result(jobId), log: house.controlPlane.log(jobId) };
}

const current = (): string => readlinkSync(`${target}/current`);
const served = (file = 'index.html'): string => readFileSync(`${target}/current/${file}`, 'utf8');
const releaseId = (result: JobResult): string => (result as { externalExecutionId: string }).externalExecutionId;

/** An application whose hooks write down that they ran, from which release. */
function application(version: string, hooks: Readonly<Record<string, string>> = {}): Files {
  const names = ['ApplicationStop', 'BeforeInstall', 'AfterInstall', 'ApplicationStart', 'ValidateService'];
  const scripts = names.map((name) => [
    `hooks/${name}.sh`,
    `#!/bin/sh\necho "${version} $LIFECYCLE_EVENT" >> ${house.path('trace')}\n${hooks[name] ?? ''}\n`,
  ]);
  const entries = names.map((name) => `  ${name}:\n    - location: hooks/${name}.sh\n      timeout: 20\n`);
  return {
    'index.html': version,
    'appspec.yml': `version: 0.0\nos: linux\nhooks:\n${entries.join('')}`,
    ...Object.fromEntries(scripts),
  };
}

const trace = (): string[] => readFileSync(house.path('trace'), 'utf8').trim().split('\n');

describe('a deployment of files', () => {
  test('puts a release beside the others and makes it the current one', async () => {
    const first = await deploy({ 'index.html': 'one' });
    expect(first.result).toMatchObject({
      status: 'succeeded',
      summary: `Released ${releaseId(first.result)} to ${target}`,
    });
    expect(served()).toBe('one');
    expect(current()).toBe(`releases/${releaseId(first.result)}`);
    const second = await deploy({ 'index.html': 'two' });
    expect(served()).toBe('two');
    expect(readdirSync(`${target}/releases`).sort()).toEqual(
      [releaseId(first.result), releaseId(second.result)].sort(),
    );
  });

  test('runs the hooks in their order, ApplicationStop from the release that goes', async () => {
    await deploy(application('one'));
    await deploy(application('two'));
    expect(trace()).toEqual([
      'one BeforeInstall',
      'one AfterInstall',
      'one ApplicationStart',
      'one ValidateService',
      'two BeforeInstall',
      'two AfterInstall',
      'one ApplicationStop',
      'two ApplicationStart',
      'two ValidateService',
    ]);
  });

  test('switches while AfterInstall has run and ApplicationStart has not', async () => {
    const see = `cat ${target}/current/index.html >> ${house.path('seen')} 2>/dev/null || echo -n none >> ${house.path('seen')}`;
    await deploy(application('one', { AfterInstall: see, ApplicationStart: see }));
    expect(readFileSync(house.path('seen'), 'utf8')).toBe('noneone');
  });

  test('goes back when the new release does not pass, and says why', async () => {
    await deploy(application('one'));
    const { result, log } = await deploy(application('two', { ValidateService: 'echo sick; exit 9' }));
    expect(result).toMatchObject({
      status: 'failed',
      code: 'JobFailed',
      message: expect.stringMatching(
        /^ValidateService: hooks\/ValidateService.sh ended with exit code 9\. Rolled back: current is /,
      ) as string,
    });
    expect(served()).toBe('one');
    expect(log).toContain('sick\n');
    expect(trace().slice(-3)).toEqual(['two ApplicationStop', 'one ApplicationStart', 'one ValidateService']);
  });

  test('has no current release when the first one does not pass', async () => {
    const { result } = await deploy(application('one', { ApplicationStart: 'exit 1' }));
    expect(result).toMatchObject({ status: 'failed' });
    expect(existsSync(`${target}/current`)).toBe(false);
  });

  test('touches nothing when a hook before the switch fails', async () => {
    await deploy(application('one'));
    const { result } = await deploy(application('two', { AfterInstall: 'exit 1' }));
    expect(result).toMatchObject({ status: 'failed' });
    expect(served()).toBe('one');
    expect(trace()).not.toContain('one ApplicationStop');
    expect(readdirSync(`${target}/releases`)).toHaveLength(1);
  });

  test('goes on when the old release can not be stopped', async () => {
    await deploy(application('one', { ApplicationStop: 'exit 1' }));
    const { result, log } = await deploy(application('two'));
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain('The deployment goes on.');
  });

  test('can be repeated: the same release, not twice, and never its own predecessor', async () => {
    const executionId = '0b7f1c7e-0000-4000-8000-000000000000';
    const first = await deploy(application('one'), {}, { executionId });
    const again = await deploy(application('one'), {}, { executionId });
    expect(again.result).toMatchObject({ status: 'succeeded' });
    expect(releaseId(again.result)).toBe(releaseId(first.result));
    expect(readdirSync(`${target}/releases`)).toHaveLength(1);
    writeFileSync(`${target}/current/hooks/ValidateService.sh`, '#!/bin/sh\nexit 1\n');
    const failing = await deploy(application('one'), {}, { executionId });
    expect(failing.result).toMatchObject({ status: 'failed' });
    expect(served()).toBe('one');
  });

  test('unpacks anew what failed before', async () => {
    const executionId = '0b7f1c7e-0000-4000-8000-000000000000';
    const files = application('two', {
      ValidateService: `[ -e ${house.path('ready')} ] || { rm index.html; exit 1; }`,
    });
    await deploy(application('one'));
    expect((await deploy(files, {}, { executionId })).result).toMatchObject({ status: 'failed' });
    house.write('ready', '');
    expect((await deploy(files, {}, { executionId })).result).toMatchObject({ status: 'succeeded' });
    expect(served()).toBe('two');
  });

  test('keeps so many releases, the previous one always', async () => {
    for (const version of ['1', '2', '3', '4']) await deploy({ 'index.html': version }, { KeepReleases: '2' });
    const kept = readdirSync(`${target}/releases`).map((name) =>
      readFileSync(`${target}/releases/${name}/index.html`, 'utf8'),
    );
    expect(kept.sort()).toEqual(['3', '4']);
    await deploy({ 'index.html': '5' }, { KeepReleases: '1' });
    expect(readdirSync(`${target}/releases`)).toHaveLength(2);
  });

  test('a reader never meets anything but a whole release', async () => {
    await deploy({ 'index.html': '0' });
    let misses = 0;
    let reads = 0;
    let reading = true;
    const reader = (async () => {
      while (reading) {
        reads++;
        if (!existsSync(`${target}/current/index.html`)) misses++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let n = 1; n <= 5; n++) await deploy({ 'index.html': String(n) });
    reading = false;
    await reader;
    expect(reads).toBeGreaterThan(100);
    expect(misses).toBe(0);
  });

  test('two at once take turns', async () => {
    const hold = `until [ -e ${house.path('go')} ]; do sleep 0.02; done`;
    const first = await offer(application('one', { BeforeInstall: hold }));
    await eventually(() => existsSync(house.path('trace')));
    const second = await offer(application('two'));
    await house.controlPlane.until(() => house.controlPlane.log(second).includes('Another deployment'));
    house.write('go', '');
    expect(await house.controlPlane.result(first)).toMatchObject({ status: 'succeeded' });
    expect(await house.controlPlane.result(second)).toMatchObject({ status: 'succeeded' });
    expect(trace().indexOf('two BeforeInstall')).toBeGreaterThan(trace().indexOf('one ValidateService'));
    expect(served()).toBe('two');
  });

  test('a hook has its own time-out', async () => {
    const files = { ...application('one', { ValidateService: 'sleep 30' }) };
    files['appspec.yml'] = (files['appspec.yml'] ?? '').replaceAll('timeout: 20', 'timeout: 1');
    const { result } = await deploy(files);
    expect(result).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('took longer than 1 s') as string,
    });
  });

  test('at the time-out of the action the old release counts again', async () => {
    await deploy(application('one'));
    const { result } = await deploy(application('two', { ValidateService: 'sleep 30' }), {}, { timeoutMs: 1_500 });
    expect(result).toMatchObject({
      status: 'failed',
      code: 'TimedOut',
      message: expect.stringContaining('Rolled back') as string,
    });
    expect(served()).toBe('one');
  });

  test('a stop of the runner gives it its grace, then the old release counts again', async () => {
    await deploy(application('one'));
    const jobId = await offer(application('two', { ValidateService: 'sleep 30' }));
    await eventually(() => trace().includes('two ValidateService'));
    const startedMs = Date.now();
    await runner.stop();
    const stopMs = Date.now() - startedMs;
    expect(stopMs).toBeGreaterThan(7_500);
    expect(stopMs).toBeLessThan(10_000);
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'failed', code: 'RunnerStopped' });
    expect(served()).toBe('one');
  }, 20_000);

  test('a stop lets a deployment finish that needs a moment only', async () => {
    const jobId = await offer(
      application('one', { ValidateService: `until [ -e ${house.path('go')} ]; do sleep 0.02; done` }),
    );
    await eventually(() => existsSync(house.path('trace')) && trace().includes('one ValidateService'));
    const stopping = runner.stop();
    house.write('go', '');
    await stopping;
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'succeeded' });
  });

  test('without extraction the archive itself is the release', async () => {
    const { result } = await deploy({ 'index.html': 'one' }, { Extract: 'false' });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(await house.unpack(readFileSync(`${target}/current/App.zip`))).toEqual({ 'index.html': 'one' });
  });

  test('reads its hooks where it is told', async () => {
    const { 'appspec.yml': spec = '', ...rest } = application('one');
    const { log } = await deploy({ ...rest, 'ops/hooks.yml': spec }, { AppSpec: 'ops/hooks.yml' });
    expect(log).toContain('[millrace] BeforeInstall: hooks/BeforeInstall.sh');
  });

  test.each([
    ['relative', { TargetDirectory: 'www' }],
    ['climbing', { TargetDirectory: '/srv/../etc' }],
    ['no number', { KeepReleases: 'x' }],
    ['unknown', { Other: 'x' }],
  ])('refuses a configuration: %s', async (_what, configuration) => {
    expect((await deploy({ a: 'a' }, configuration as unknown as Record<string, string>)).result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
    });
  });

  test.each([
    ['no YAML', '{{{{', /not usable YAML/],
    ['an alias', 'version: 0.0\nos: &a linux\nfiles: *a\n', /not usable YAML/],
    ['another system', 'version: 0.0\nos: windows\n', /os/],
    [
      'a path that leads away',
      'version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: ../../x\n',
      /inside the artifact/,
    ],
    ['an unknown hook', 'version: 0.0\nos: linux\nhooks:\n  Before: []\n', /Before/],
    ['depth', `${'['.repeat(200)}`, /not usable YAML/],
  ])('refuses an appspec.yml with %s', async (_what, text, message) => {
    const { result } = await deploy({ 'appspec.yml': text });
    expect(result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: expect.stringMatching(message) as string,
    });
    expect(existsSync(`${target}/current`)).toBe(false);
  });

  test.each([
    ['a file', () => house.write('www', '')],
    ['a place where nothing can be made', () => '/proc/nope/www'],
  ])('refuses as its target: %s', async (_what, path) => {
    target = path();
    expect((await deploy({ a: 'a' })).result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: expect.stringContaining(`${target} can't be`) as string,
    });
  });

  test('leaves alone what is in its way', async () => {
    mkdirSync(`${target}/current`, { recursive: true });
    expect((await deploy({ a: 'a' })).result).toMatchObject({ status: 'failed', code: 'ConfigurationError' });
  });

  test('takes over a link that somebody else made, and gives it back', async () => {
    house.write('elsewhere/index.html', 'theirs');
    mkdirSync(target);
    symlinkSync(house.path('elsewhere'), `${target}/current`);
    expect((await deploy(application('one', { ApplicationStart: 'exit 1' }))).result).toMatchObject({
      status: 'failed',
    });
    expect(served()).toBe('theirs');
    expect((await deploy({ 'index.html': 'two' })).result).toMatchObject({ status: 'succeeded' });
    expect(served()).toBe('two');
  });

  test.each<[string, () => string, RegExp]>([
    ["the runner's own directory", () => house.path('runner'), /runner's own directory/],
    ['a directory of it', () => house.path('runner', 'jobs', 'x', 'www'), /runner's own directory/],
    ["a platform's data", () => data('data'), /data holds the data of a platform/],
    ['a directory below it', () => join(data('data'), 'objects', 'www'), /data holds the data of a platform/],
    [
      'one that leads there by a link',
      () => {
        symlinkSync(data('data'), house.path('link'));
        return house.path('link', 'www');
      },
      /data holds the data of a platform/,
    ],
    // Our notes are called as the default data directory is.
    ['the directory whose .millrace is one', () => dirname(data('work/.millrace')), /work\/\.millrace holds the data/],
  ])('refuses as its target: %s', async (_what, path, message) => {
    target = path();
    expect((await deploy({ 'index.html': 'x' })).result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: expect.stringMatching(message) as string,
    });
    expect(existsSync(`${target}/releases`)).toBe(false);
  });

  test.each(['releases', '.millrace'])('refuses a target whose %s is a link', async (name) => {
    house.write('elsewhere/precious', '');
    mkdirSync(target);
    symlinkSync(house.path('elsewhere'), `${target}/${name}`);
    expect((await deploy({ a: 'a' })).result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: expect.stringContaining(`${target}/${name} is a link`) as string,
    });
    expect(readdirSync(house.path('elsewhere'))).toEqual(['precious']);
  });

  test('does not count or remove what others have put beside its releases', async () => {
    house.write('www/releases/manual/index.html', 'theirs');
    symlinkSync(house.path('elsewhere'), `${target}/releases/link`);
    for (const version of ['1', '2', '3']) await deploy({ 'index.html': version }, { KeepReleases: '1' });
    expect(readdirSync(`${target}/releases`).filter((name) => name === 'manual' || name === 'link')).toHaveLength(2);
    expect(readdirSync(`${target}/releases`)).toHaveLength(4);
  });

  const hooked = (location: string, more = ''): Files => ({
    'appspec.yml': `version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: before.sh\n  AfterInstall:\n    - location: ${location}\n`,
    'before.sh': `#!/bin/sh\n${more}\n`,
  });

  test.each([
    ['climbs', '../outside.sh', 'ConfigurationError'],
    ['is absolute', '/bin/true', 'ConfigurationError'],
    ['is a link that leads out of the release', 'link.sh', 'JobFailed'],
    ['lies behind such a link', 'linked/outside.sh', 'JobFailed'],
  ])('runs no hook whose path %s', async (_what, location, code) => {
    house.write('outside.sh', `#!/bin/sh\ntouch ${house.path('ran')}\n`, 0o755);
    const links = `ln -s ${house.path('outside.sh')} link.sh; ln -s ${house.directory} linked`;
    expect((await deploy(hooked(location, links))).result).toMatchObject({
      status: 'failed',
      code,
      message: expect.stringMatching(/must lie inside the artifact|leads out of the release/) as string,
    });
    expect(existsSync(house.path('ran'))).toBe(false);
    expect(existsSync(`${target}/current`)).toBe(false);
  });

  test('a hook may be a link to another file of the release', async () => {
    const { result } = await deploy(hooked('link.sh', 'ln -s before.sh link.sh || true'));
    expect(result).toMatchObject({ status: 'succeeded' });
  });

  test('reads no appspec.yml that leads out of the release', async () => {
    await deploy({ 'index.html': 'one' });
    house.write('outside.yml', 'version: 0.0\nos: linux\n');
    // As a hook of the release that counts might; ApplicationStop reads it again.
    symlinkSync(house.path('outside.yml'), `${target}/current/appspec.yml`);
    const { result, log } = await deploy({ 'index.html': 'two' });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain('appspec.yml leads out of the release');
  });

  test('leaves nothing of an archive that is a bomb', async () => {
    await deploy({ 'index.html': 'one' });
    const { result } = await deploy({ 'zeros.bin': '\0'.repeat(65 * 1_048_576) });
    expect(result).toMatchObject({
      status: 'failed',
      code: 'JobFailed',
      message: expect.stringMatching(/^Artifact App: The archive's content is larger than \d+ bytes/) as string,
    });
    expect(served()).toBe('one');
    expect(readdirSync(`${target}/releases`)).toHaveLength(1);
    expect(readdirSync(`${target}/.millrace`).filter((name) => name.startsWith('unpacking-'))).toEqual([]);
  });
});

/** As a platform's directory looks from outside. */
function data(path: string): string {
  house.write(`${path}/log.sqlite`, '');
  return house.path(path);
}
