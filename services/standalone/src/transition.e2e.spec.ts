import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAndStart, executionOf, executionThat, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { deploy, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 120_000;

describe('a disabled transition', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test(
    'holds executions, the newest supersedes the others, enabling lets it in; a token starts one execution',
    async () => {
      const { api, directory } = platform;
      const repository = await GitRepository.create(join(directory, 'site'), { 'index.html': 'one' });
      const target = join(directory, 'www');
      const first = await createAndStart(
        api,
        pipeline('site', stage('Source', source(repository)), stage('Deploy', deploy(target))),
      );
      expect(await over(api, first)).toMatchObject({ status: 'Succeeded' });

      await api.change('disableTransition', { pipeline: 'site', stage: 'Deploy', reason: 'freeze' });
      await repository.commit('Second', { 'index.html': 'two' });
      const second = await startExecution(api, 'site');
      await executionThat(api, second, 'waits before Deploy', ({ waiting }) => waiting !== null);
      expect(await executionOf(api, second)).toMatchObject({
        status: 'InProgress',
        waiting: { stage: 'Deploy', cause: 'TRANSITION_DISABLED' },
      });

      const clientToken = 'start-again';
      const once = await startExecution(api, 'site', { clientToken });
      expect(await startExecution(api, 'site', { clientToken })).toBe(once);
      expect(await over(api, second)).toMatchObject({ status: 'Superseded', supersededBy: once });
      await executionThat(api, once, 'waits before Deploy', ({ waiting }) => waiting !== null);
      expect(await startExecution(api, 'site', { clientToken })).toBe(once);

      await repository.commit('Third', { 'index.html': 'three' });
      const third = await startExecution(api, 'site');
      expect(await over(api, once)).toMatchObject({ status: 'Superseded', supersededBy: third });
      expect(await startExecution(api, 'site', { clientToken })).toBe(once);
      await executionThat(api, third, 'waits before Deploy', ({ waiting }) => waiting !== null);
      expect(await readFile(join(target, 'current', 'index.html'), 'utf8')).toBe('one');

      await api.change('enableTransition', { pipeline: 'site', stage: 'Deploy' });
      expect(await over(api, third)).toMatchObject({ status: 'Succeeded', supersededBy: null });
      expect(await readFile(join(target, 'current', 'index.html'), 'utf8')).toBe('three');
    },
    TIMEOUT_MS,
  );
});
