import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { answer, approvalToken, attemptsOf, createAndStart, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { approval, deploy, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 120_000;

describe('an approval', () => {
  let platform: PlatformProcess;
  let target: string;
  let first: string;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    target = join(platform.directory, 'www');
    const repository = await GitRepository.create(join(platform.directory, 'site'), { 'index.html': 'one' });
    first = await createAndStart(
      platform.api,
      pipeline(
        'site',
        stage('Source', source(repository)),
        stage('Approve', approval()),
        stage('Deploy', deploy(target)),
      ),
    );
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test(
    'holds the release until it is rejected, and then ends it',
    async () => {
      const { api } = platform;
      await answer(api, first, 'Rejected');
      const execution = await over(api, first);
      expect(execution.status).toBe('Failed');
      expect(attemptsOf(execution, 'Approve', 'Release')).toMatchObject([{ status: 'Failed', attempt: 1 }]);
      await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' });
    },
    TIMEOUT_MS,
  );

  test(
    'lets the release through when it is granted, once',
    async () => {
      const { api } = platform;
      const id = await startExecution(api, 'site');
      const token = await approvalToken(api, id);
      await api.change('castVote', { token, result: 'Approved', summary: 'ship it' });
      await expect(api.change('castVote', { token, result: 'Rejected', summary: 'too late' })).rejects.toMatchObject({
        code: 'APPROVAL_ALREADY_COMPLETED',
      });
      expect(await over(api, id)).toMatchObject({ status: 'Succeeded' });
      expect(await readdir(join(target, 'current'))).toEqual(['index.html']);
    },
    TIMEOUT_MS,
  );
});
