import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemTimers, type Logger } from '@millrace/runtime';
import { BuiltInRunner } from './built-in-runner.js';
import { freePort, processStart, signal } from './testing/processes.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 60_000;

describe('the runner beside the platform', () => {
  let dataDirectory: string;
  let runner: BuiltInRunner;
  let said: string[];
  let environment: Record<string, string | undefined>;
  const told = (_fields: object, message: string): number => said.push(message);
  const logger: Logger = { debug: told, info: told, warn: told, error: told, child: () => logger };
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'millrace-runner-'));
    said = [];
    environment = { ...process.env };
    runner = new BuiltInRunner({
      dataDirectory,
      // Nobody listens there; a runner waits for its platform.
      url: `http://127.0.0.1:${await freePort()}`,
      environment,
      timers: systemTimers,
      logger,
    });
  });
  afterEach(async () => {
    await runner.stop();
    await rm(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
  });

  const recorded = async (): Promise<number | undefined> => {
    try {
      const { pid } = JSON.parse(await readFile(join(dataDirectory, 'runner', 'process.json'), 'utf8')) as {
        readonly pid: number;
      };
      return (await processStart(pid)) === undefined ? undefined : pid;
    } catch {
      return undefined;
    }
  };

  test(
    'whose record the disk refuses is ended, not left behind, and started again until there is room',
    async () => {
      await writeFile(join(dataDirectory, 'runner-token'), 'mrt_none');
      await runner.start();
      const first = await until('a runner', recorded);
      // As a full disk does: the next record can't be written.
      const obstacle = join(dataDirectory, 'runner', 'process.json.new');
      await mkdir(obstacle);
      signal(first, 'SIGKILL');
      await until('the end of the first', async () => (await processStart(first)) === undefined);
      // One that ran on without a record would be doubled by the next start of the platform.
      await until('two tries that failed', () => said.filter((message) => message.includes('is ended')).length >= 2);

      await rmdir(obstacle);
      const second = await until('another runner', recorded);
      expect(second).not.toBe(first);
    },
    TIMEOUT_MS,
  );

  test(
    'that can not be started does not end the platform, and is tried again',
    async () => {
      await writeFile(join(dataDirectory, 'runner-token'), 'mrt_none');
      // What no kernel takes; a process table that is full is refused in the same place.
      environment['MILLRACE_TEST'] = 'a\0b';
      await runner.start();
      await until('two tries', () => said.filter((message) => message.includes('starting another')).length >= 2);
      expect(await recorded()).toBeUndefined();
      delete environment['MILLRACE_TEST'];
      await until('a runner', recorded);
    },
    TIMEOUT_MS,
  );
});
