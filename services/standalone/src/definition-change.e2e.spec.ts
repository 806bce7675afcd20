import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { approvalToken, createAndStart, executionOf, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { approval, deploy, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 120_000;

describe('a change of the definition', () => {
  let platform: PlatformProcess;
  let repository: GitRepository;
  let target: string;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    repository = await GitRepository.create(join(platform.directory, 'site'), { 'index.html': 'one' });
    target = join(platform.directory, 'www');
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  const held = (name: string, approvalName = 'Release') =>
    pipeline(
      name,
      stage('Source', source(repository)),
      stage('Approve', approval(approvalName)),
      stage('Deploy', deploy(target)),
    );

  test(
    'by updatePipeline cancels what runs with the older version',
    async () => {
      const { api } = platform;
      const id = await createAndStart(api, held('updated'));
      const token = await approvalToken(api, id);
      const update = await api.change('updatePipeline', { definition: held('updated', 'Ship') });
      expect(update.version).toBe(2);
      expect(await over(api, id)).toMatchObject({ status: 'Cancelled' });
      await expect(api.change('castVote', { token, result: 'Approved' })).rejects.toMatchObject({ name: 'Refused' });

      const next = await startExecution(api, 'updated');
      await api.change('castVote', { token: await approvalToken(api, next), result: 'Approved' });
      expect(await over(api, next)).toMatchObject({ status: 'Succeeded' });
      expect(await readdir(target)).toContain('current');
    },
    TIMEOUT_MS,
  );

  test(
    'by deletePipeline cancels what runs, keeps its history, and frees the name',
    async () => {
      const { api } = platform;
      const id = await createAndStart(api, held('deleted'));
      await approvalToken(api, id);
      await api.change('deletePipeline', { name: 'deleted' });
      expect(await over(api, id)).toMatchObject({ status: 'Cancelled' });
      await expect(api.change('startExecution', { pipeline: 'deleted' })).rejects.toMatchObject({
        code: 'PIPELINE_NOT_FOUND',
      });

      const again = await createAndStart(api, held('deleted'));
      expect(again).not.toBe(id);
      const { pipeline: found } = await api.query<{ readonly pipeline: object }>(
        '{ pipeline(name: "deleted") { version executions { nodes { id } } } }',
      );
      expect(found).toEqual({ version: 1, executions: { nodes: [{ id: again }] } });
      expect(await executionOf(api, id)).toMatchObject({ status: 'Cancelled' });
    },
    TIMEOUT_MS,
  );
});
