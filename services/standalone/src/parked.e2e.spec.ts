import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Api } from './testing/api.js';
import { attemptsOf, executionOf, over } from './testing/executions.js';
import { PlatformProcess } from './testing/platform-process.js';
import { runningBuild, type RunningBuild } from './testing/running-build.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;

interface Parked {
  readonly id: string;
  readonly consumer: string;
  readonly eventType: string;
  readonly attempts: number;
  readonly cause: string;
}
const LOG_OF = `query ($id: ID!) { execution(id: $id) { stages { actions { attempts { id log { closed bytes } } } } } }`;
interface LogOf {
  readonly execution: {
    readonly stages: readonly {
      readonly actions: readonly { readonly attempts: readonly { readonly log: { readonly closed: boolean } }[] }[];
    }[];
  };
}

describe('a message that can not be handled', () => {
  let platform: PlatformProcess;
  let api: Api;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    ({ api } = platform);
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  const parked = async (): Promise<readonly Parked[]> =>
    (
      await api.query<{ readonly platform: { readonly parked: readonly Parked[] } }>(
        '{ platform { parked { id consumer eventType attempts cause } } }',
      )
    ).platform.parked;

  const logClosed = async ({ id }: RunningBuild): Promise<boolean | undefined> =>
    (await api.query<LogOf>(LOG_OF, { id })).execution.stages[1]?.actions[0]?.attempts[0]?.log.closed;

  /** Where a log of an attempt is noted as closed. */
  async function closedFile({ id }: RunningBuild): Promise<string> {
    const execution = await executionOf(api, id);
    const [attempt] = execution === undefined ? [] : attemptsOf(execution, 'Build', 'Build');
    return join(platform.dataDirectory, 'logs', 'default', id, `${attempt?.id}.closed.json`);
  }

  test(
    'is set aside with its cause while all else goes on, and stays so until somebody handles it or gives it up',
    async () => {
      const builds = [await runningBuild(platform, 'mended'), await runningBuild(platform, 'dropped')] as const;
      const files = await Promise.all(builds.map(closedFile));
      // While nobody has them in memory; the runner works on.
      await platform.kill();
      for (const file of files) await writeFile(file, '{"bytes":');
      await platform.start();
      for (const build of builds) await build.release();

      const messages = await until('two parked messages', async () => {
        const all = await parked();
        return all.length === 2 && all;
      });
      const fault = {
        consumer: 'artifact.log-close.v1',
        eventType: 'ActionFinished',
        attempts: 5,
        cause: expect.stringMatching(/closed\.json of an action log is damaged/) as string,
      };
      expect(messages).toEqual([expect.objectContaining(fault), expect.objectContaining(fault)]);
      for (const { id } of builds) expect(await over(api, id)).toMatchObject({ status: 'Succeeded' });

      const of = (file: string): string =>
        messages.find(({ cause }) => cause.includes(basename(file)))?.id ?? 'not among them';
      const [mended, dropped] = files.map(of);
      // Tried again before its cause is gone, it fails again.
      await expect(api.change('retryParked', { id: mended })).rejects.toMatchObject({ code: 'STILL_FAILS' });
      await api.change('dropParked', { id: dropped });
      await expect(api.change('dropParked', { id: dropped })).rejects.toMatchObject({ code: 'PARKED_NOT_FOUND' });
      await platform.stop();
      await platform.start();
      // What was given up does not come again.
      expect(await parked()).toMatchObject([{ id: mended }]);
      await rm(files[0] ?? '');
      await api.change('retryParked', { id: mended });
      expect(await parked()).toEqual([]);
      await until('a log that is closed', () => logClosed(builds[0]));
    },
    TIMEOUT_MS,
  );
});
