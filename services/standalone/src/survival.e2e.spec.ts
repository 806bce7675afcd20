import { attemptsOf, over, startExecution } from './testing/executions.js';
import { linesOf } from './testing/marker.js';
import { PlatformProcess } from './testing/platform-process.js';
import { processStart } from './testing/processes.js';
import { runningBuild } from './testing/running-build.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 180_000;
const LEASE_TERM_MS = 3_000;
/** What decision 19 allows beyond the term, and what a busy machine takes. */
const LOST_WITHIN_MS = LEASE_TERM_MS + 5_000;
const MACHINE_MS = 10_000;

describe('what survives', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.start({ environment: { MILLRACE_LEASE_TERM_MS: String(LEASE_TERM_MS) } });
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test(
    'a killed platform: its runner works on, is adopted, and the build ends once',
    async () => {
      const build = await runningBuild(platform, 'platform-killed');
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
      const build = await runningBuild(platform, 'runner-killed');
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
      const build = await runningBuild(platform, 'stopped');
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
      const build = await runningBuild(platform, 'both-killed');
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
