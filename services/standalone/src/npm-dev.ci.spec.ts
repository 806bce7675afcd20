import { spawn } from 'node:child_process';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformProcess } from './testing/platform-process.js';
import { processStart, signal } from './testing/processes.js';
import { runningBuild } from './testing/running-build.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 240_000;
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Here for its cost alone: it builds twice. */
describe('npm run dev', () => {
  test(
    'builds and starts again after an edit of any package, and Ctrl-C ends everything in order',
    async () => {
      const platform = await PlatformProcess.prepare();
      const npm = spawn('npm', ['run', 'dev'], {
        cwd: REPOSITORY,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        env: { ...process.env, MILLRACE_DATA: platform.dataDirectory, MILLRACE_PORT: String(platform.port) },
      });
      const ended = new Promise<void>((resolve) => npm.once('exit', () => resolve()));
      let said = '';
      for (const stream of [npm.stdout, npm.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (said += text));
      const starts = (): number => said.split('Millrace listens on').length - 1;
      try {
        await until('a platform', () => starts() === 1, TIMEOUT_MS);
        const now = new Date();
        await utimes(join(REPOSITORY, 'libs', 'decider', 'src', 'index.ts'), now, now);
        await until('another platform', () => starts() === 2, TIMEOUT_MS);
        await platform.readyElsewhere();
        await runningBuild(platform, 'site');
        const runner = await platform.runnerPid();

        // To the group, as a terminal does.
        signal(-(npm.pid ?? 0), 'SIGINT');
        await ended;
        await until('the end of the platform', () => said.split('"message":"Stopped"').length === 3);
        expect(await processStart(runner ?? 0)).toBeUndefined();
        expect(said).not.toContain('"failed":["');
      } finally {
        signal(-(npm.pid ?? 0), 'SIGKILL');
        await platform.dispose();
      }
    },
    TIMEOUT_MS,
  );
});
