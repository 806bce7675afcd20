import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { executionOf, over } from './testing/executions.js';
import { linesOf } from './testing/marker.js';
import { PlatformProcess } from './testing/platform-process.js';
import { processStart, signal } from './testing/processes.js';
import { runningBuild } from './testing/running-build.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 180_000;

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
        const build = await runningBuild(platform, 'site');
        const runner = await platform.runnerPid();

        const stoppedMs = Date.now();
        npm.kill('SIGTERM');
        // npm itself stays until the platform has stopped: whoever watches npm, as a container does, would cut the stop short else.
        await ended;
        expect(await processStart(runner ?? 0)).toBeUndefined();
        expect(Date.now() - stoppedMs).toBeLessThan(STOPPED_WITHIN_MS);

        await platform.start();
        expect(await executionOf(platform.api, build.id)).toMatchObject({ status: 'InProgress' });
        await build.release();
        expect(await over(platform.api, build.id)).toMatchObject({ status: 'Succeeded' });
        expect(await linesOf(build.begun)).toHaveLength(2);
      } finally {
        signal(-(npm.pid ?? 0), 'SIGKILL');
        await platform.dispose();
      }
    },
    TIMEOUT_MS,
  );
});

describe('Ctrl-C', () => {
  test(
    'arrives twice, from the terminal and from npm, and ends everything in order',
    async () => {
      const platform = await PlatformProcess.start();
      try {
        const build = await runningBuild(platform, 'site');
        const runner = await platform.runnerPid();
        signal(platform.pid, 'SIGINT');
        // When the first one has been taken: two that wait at once are one.
        await until('the stop to begin', async () => (await platform.logTail()).includes('"reason":"SIGINT"'));
        signal(platform.pid, 'SIGINT');
        expect(await platform.ended()).toEqual({ code: 0, signal: null });
        expect(await processStart(runner ?? 0)).toBeUndefined();
        expect(await linesOf(build.ended)).toEqual([]);
      } finally {
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
