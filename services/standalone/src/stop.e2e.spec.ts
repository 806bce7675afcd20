import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptsOf, createAndStart, executionThat, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;

describe('stopExecution', () => {
  let platform: PlatformProcess;
  let begun: string;
  let mayEnd: string;
  let wentOn: string;
  let counter = 0;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  /** A running build that ends when the test says so. */
  async function runningBuild(): Promise<{ readonly name: string; readonly id: string }> {
    const { api, directory } = platform;
    const name = `stop-${++counter}`;
    [begun, mayEnd, wentOn] = ['begun', 'may-end', 'went-on'].map((each) => join(directory, `${name}-${each}`)) as [
      string,
      string,
      string,
    ];
    const repository = await GitRepository.create(join(directory, name), { 'app.txt': 'one' });
    const id = await createAndStart(
      api,
      pipeline(
        name,
        stage('Source', source(repository)),
        stage(
          'Build',
          commands('Build', [
            `echo run >> ${begun}`,
            `while ! test -e ${mayEnd}; do sleep 0.1; done`,
            `echo run >> ${wentOn}`,
          ]),
        ),
        stage('Test', commands('Unit', [`echo test >> ${wentOn}`])),
      ),
    );
    await until('a running build', async () => (await linesOf(begun)).length === 1);
    return { name, id };
  }

  test(
    'waits for what runs, and starts nothing new',
    async () => {
      const { api } = platform;
      const { id } = await runningBuild();
      await api.change('stopExecution', { executionId: id, reason: 'not today' });
      await executionThat(api, id, 'Stopping', ({ status }) => status === 'Stopping');
      await writeFile(mayEnd, '');
      const stopped = await over(api, id);
      expect(stopped.status).toBe('Stopped');
      expect(attemptsOf(stopped, 'Build', 'Build')).toMatchObject([{ status: 'Succeeded' }]);
      expect(attemptsOf(stopped, 'Test', 'Unit')).toEqual([]);
      expect(await linesOf(wentOn)).toEqual(['run']);

      // What was stopped waits for whoever wants it after all.
      await expect(api.change('stopExecution', { executionId: id })).rejects.toMatchObject({ code: 'NOT_STOPPABLE' });
    },
    TIMEOUT_MS,
  );

  test(
    'abandons what runs at once, ends its processes, and frees the stage',
    async () => {
      const { api } = platform;
      const { name, id } = await runningBuild();
      await api.change('stopExecution', { executionId: id, abandon: true });
      const stopped = await over(api, id);
      expect(stopped.status).toBe('Stopped');
      expect(attemptsOf(stopped, 'Build', 'Build')).toMatchObject([{ status: 'Abandoned' }]);

      // The next execution comes in: the stage is free, which it is only when nothing runs in it any more.
      await writeFile(mayEnd, '');
      const next = await startExecution(api, name);
      expect(await over(api, next)).toMatchObject({ status: 'Succeeded' });
      expect(await linesOf(begun)).toHaveLength(2);
      expect(await linesOf(wentOn)).toEqual(['run', 'test']);
    },
    TIMEOUT_MS,
  );
});
