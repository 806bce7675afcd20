import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executionsOf, over } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { deploy, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;

describe('a change', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test(
    'is detected by polling and released, each commit once',
    async () => {
      const { api, directory } = platform;
      const repository = await GitRepository.create(join(directory, 'site'), { 'index.html': 'one' });
      const target = join(directory, 'www');
      const polled = source(repository, { PollForSourceChanges: 'true', PollIntervalSeconds: '1' });
      await api.change('createPipeline', {
        definition: pipeline('site', stage('Source', polled), stage('Deploy', deploy(target))),
      });
      const [first] = await until('the first release', async () => atLeast(1, await executionsOf(api, 'site')));
      expect(await over(api, first?.id ?? '')).toMatchObject({ status: 'Succeeded' });
      expect(await readFile(join(target, 'current', 'index.html'), 'utf8')).toBe('one');

      const commit = await repository.commit('Second', { 'index.html': 'two' });
      const [second] = await until('the second release', async () => atLeast(2, await executionsOf(api, 'site')));
      expect(await over(api, second?.id ?? '')).toMatchObject({
        status: 'Succeeded',
        trigger: { type: 'PollForSourceChanges' },
        sourceRevisions: [{ revision: { revisionId: commit } }],
      });
      expect(await readFile(join(target, 'current', 'index.html'), 'utf8')).toBe('two');
      expect(await executionsOf(api, 'site')).toHaveLength(2);
    },
    TIMEOUT_MS,
  );
});

function atLeast<T>(count: number, items: readonly T[]): readonly T[] | undefined {
  return items.length >= count ? items : undefined;
}
