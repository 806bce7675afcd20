import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { attemptsOf, createAndStart, over } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 120_000;

describe('retryStage', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test.each([
    { mode: 'FAILED_ACTIONS', unitRuns: 1 },
    { mode: 'ALL_ACTIONS', unitRuns: 2 },
  ])(
    'runs $mode of a stage whose test has failed, in the same execution',
    async ({ mode, unitRuns }) => {
      const { api, directory } = platform;
      const name = `retry-${mode}`;
      const [unit, smoke, mended] = ['unit', 'smoke', 'mended'].map((each) => join(directory, `${mode}-${each}`));
      const repository = await GitRepository.create(join(directory, name), { 'app.txt': 'one' });
      const id = await createAndStart(
        api,
        pipeline(
          name,
          stage('Source', source(repository)),
          stage(
            'Test',
            commands('Unit', [`echo run >> ${unit}`]),
            commands('Smoke', [`echo run >> ${smoke}`, `test -e ${mended}`]),
          ),
        ),
      );
      const failed = await over(api, id);
      expect(failed.status).toBe('Failed');
      expect(attemptsOf(failed, 'Test', 'Smoke')).toMatchObject([{ status: 'Failed', error: { code: 'JobFailed' } }]);
      expect(attemptsOf(failed, 'Test', 'Unit')).toMatchObject([{ status: 'Succeeded' }]);

      await writeFile(mended ?? '', '');
      await api.change('retryStage', { pipeline: name, executionId: id, stage: 'Test', mode });
      const succeeded = await over(api, id);
      expect(succeeded).toMatchObject({ id, status: 'Succeeded' });
      expect(attemptsOf(succeeded, 'Test', 'Smoke')).toMatchObject([{ status: 'Failed' }, { status: 'Succeeded' }]);
      expect(await linesOf(smoke ?? '')).toHaveLength(2);
      expect(await linesOf(unit ?? '')).toHaveLength(unitRuns);
      expect(attemptsOf(succeeded, 'Test', 'Unit')).toHaveLength(unitRuns);
    },
    TIMEOUT_MS,
  );
});
