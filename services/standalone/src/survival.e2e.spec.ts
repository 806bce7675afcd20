import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attemptsOf, createAndStart, executionOf, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { processStart, signal } from './testing/processes.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 180_000;
const LEASE_TERM_MS = 3_000;
/** What decision 19 allows beyond the term, and what a busy machine takes. */
const LOST_WITHIN_MS = LEASE_TERM_MS + 5_000;
const MACHINE_MS = 10_000;

describe('what survives', () => {
  let platform: PlatformProcess;
  let counter = 0;
  beforeEach(async () => {
    platform = await PlatformProcess.start({ environment: { MILLRACE_LEASE_TERM_MS: String(LEASE_TERM_MS) } });
  }, TIMEOUT_MS);
  afterEach(() => platform.dispose(), TIMEOUT_MS);

  interface Build {
    readonly name: string;
    readonly id: string;
    readonly begun: string;
    readonly ended: string;
    /** Lets the build end. */
    release(): Promise<void>;
  }

  /** A build that runs until the test lets it end. */
  async function runningBuild(): Promise<Build> {
    const { api, directory } = platform;
    const name = `build-${++counter}`;
    const file = (what: string): string => join(directory, `${name}-${what}`);
    const repository = await GitRepository.create(join(directory, name), { 'app.txt': 'one' });
    const id = await createAndStart(
      api,
      pipeline(
        name,
        stage('Source', source(repository)),
        stage(
          'Build',
          commands('Build', [
            `echo begun >> ${file('begun')}`,
            `while ! test -e ${file('gate')}; do sleep 0.1; done`,
            `echo ended >> ${file('ended')}`,
          ]),
        ),
      ),
    );
    await until('a running build', async () => (await linesOf(file('begun'))).length === 1);
    return { name, id, begun: file('begun'), ended: file('ended'), release: () => writeFile(file('gate'), '') };
  }

  test(
    'a killed platform: its runner works on, is adopted, and the build ends once',
    async () => {
      const build = await runningBuild();
      const runner = await platform.runnerPid();
      await platform.kill();
      expect(await platform.runnerPid()).toBe(runner);

      // The work ends while nobody is there to hear of it; the result is kept.
      await build.release();
      await until('the end of the work', async () => (await linesOf(build.ended)).length === 1);
      await platform.start();
      const execution = await over(platform.api, build.id);
      expect(execution.status).toBe('Succeeded');
      expect(await platform.runnerPid()).toBe(runner);
      expect(attemptsOf(execution, 'Build', 'Build')).toMatchObject([
        { status: 'Succeeded', jobs: [{ status: 'Succeeded' }] },
      ]);
      expect(await linesOf(build.begun)).toHaveLength(1);
      expect(await linesOf(build.ended)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'a killed runner: the action is RunnerLost in time, nothing of it runs on, and a retry succeeds',
    async () => {
      const { api } = platform;
      const build = await runningBuild();
      const killedMs = Date.now();
      const killed = await platform.killRunner();
      const lost = await over(api, build.id);
      expect(Date.now() - killedMs).toBeLessThan(LOST_WITHIN_MS + MACHINE_MS);
      expect(lost.status).toBe('Failed');
      expect(attemptsOf(lost, 'Build', 'Build')).toMatchObject([{ status: 'Failed', error: { code: 'RunnerLost' } }]);

      await build.release();
      const another = await until('another runner', () => platform.runnerPid());
      expect(another).not.toBe(killed);
      await api.change('retryStage', { pipeline: build.name, executionId: build.id, stage: 'Build' });
      const execution = await over(api, build.id);
      expect(execution.status).toBe('Succeeded');
      expect(attemptsOf(execution, 'Build', 'Build')).toHaveLength(2);
      expect(await linesOf(build.begun)).toHaveLength(2);
      // Had the first attempt's shell lived on, the open gate would have let it write, too.
      expect(await linesOf(build.ended)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'an orderly stop: the build is handed back and runs again after the start, as another attempt of the job',
    async () => {
      const build = await runningBuild();
      const runner = await platform.runnerPid();
      expect(await platform.stop()).toEqual({ code: 0, signal: null });
      expect(await processStart(runner ?? 0)).toBeUndefined();
      await platform.start();
      await until('the second attempt', async () => (await linesOf(build.begun)).length === 2);
      await build.release();
      const execution = await over(platform.api, build.id);
      expect(execution.status).toBe('Succeeded');
      expect(attemptsOf(execution, 'Build', 'Build')).toMatchObject([
        { attempt: 1, jobs: [{ status: 'Returned' }, { status: 'Succeeded' }] },
      ]);
      expect(await linesOf(build.ended)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'both killed at once: the action is lost, said so after the start, and the pipeline goes on',
    async () => {
      const build = await runningBuild();
      await platform.kill();
      await platform.killRunner();
      await platform.start();
      expect(attemptsOf(await over(platform.api, build.id), 'Build', 'Build')).toMatchObject([
        { status: 'Failed', error: { code: 'RunnerLost' } },
      ]);
      await build.release();
      const next = await startExecution(platform.api, build.name);
      expect(await over(platform.api, next)).toMatchObject({ status: 'Succeeded' });
    },
    TIMEOUT_MS,
  );
});

describe('npm start', () => {
  const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
  /** The bar is 10 s; what npm itself and a busy machine add is not the platform's. */
  const STOPPED_WITHIN_MS = 10_000;

  test(
    'stops within 10 s of a SIGTERM to npm, and the next start goes on with what was running',
    async () => {
      const platform = await PlatformProcess.prepare();
      const npm = spawn('npm', ['start'], {
        cwd: REPOSITORY,
        stdio: 'ignore',
        // A group of its own, so that a test that fails leaves nothing behind.
        detached: true,
        env: { ...process.env, MILLRACE_DATA: platform.dataDirectory, MILLRACE_PORT: String(platform.port) },
      });
      const ended = new Promise<number | null>((resolve) => npm.once('exit', (code) => resolve(code)));
      try {
        await platform.readyElsewhere();
        const marker = join(platform.directory, 'marker');
        const gate = join(platform.directory, 'gate');
        const repository = await GitRepository.create(join(platform.directory, 'site'), { 'app.txt': 'one' });
        const id = await createAndStart(
          platform.api,
          pipeline(
            'site',
            stage('Source', source(repository)),
            stage('Build', commands('Build', [`echo run >> ${marker}`, `while ! test -e ${gate}; do sleep 0.1; done`])),
          ),
        );
        await until('a running build', async () => (await linesOf(marker)).length === 1);
        const runner = await platform.runnerPid();

        const stoppedMs = Date.now();
        npm.kill('SIGTERM');
        // npm itself stays until the platform has stopped: whoever watches npm, as a container does, would cut the stop short else.
        await ended;
        expect(await processStart(runner ?? 0)).toBeUndefined();
        expect(Date.now() - stoppedMs).toBeLessThan(STOPPED_WITHIN_MS);

        await platform.start();
        expect(await executionOf(platform.api, id)).toMatchObject({ status: 'InProgress' });
        await writeFile(gate, '');
        expect(await over(platform.api, id)).toMatchObject({ status: 'Succeeded' });
        expect(await linesOf(marker)).toHaveLength(2);
      } finally {
        signal(-(npm.pid ?? 0), 'SIGKILL');
        await platform.dispose();
      }
    },
    TIMEOUT_MS,
  );
});

describe('a second process on the same data', () => {
  test(
    'is refused with a sentence and an exit code, and harms nothing',
    async () => {
      const platform = await PlatformProcess.start();
      const second = await PlatformProcess.prepare({ dataDirectory: platform.dataDirectory });
      try {
        await second.launch();
        expect(await second.ended()).toEqual({ code: 1, signal: null });
        const said = await second.logTail();
        expect(said).toContain(`The data in ${platform.dataDirectory} is in use by another Millrace process`);
        expect(said).not.toMatch(/^\s+at /m);
        expect((await platform.api.fetch('/health/ready')).status).toBe(200);
      } finally {
        await platform.dispose();
        await second.dispose();
      }
    },
    TIMEOUT_MS,
  );
});
