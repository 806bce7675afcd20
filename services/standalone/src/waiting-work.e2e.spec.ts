import { join } from 'node:path';
import type { Api } from './testing/api.js';
import { createAndStart, executionThat, attemptsOf, over } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { deploy, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;
const WAITING = 'waiting { cause labels explanation }';
const EXECUTION_CHANGED = `subscription ($id: ID!) { executionChanged(id: $id) {
  status stages { actions { name attempts { work ${WAITING} } } }
} }`;
const PIPELINE = `{ pipeline(name: "picky") { stages { actions { name latestExecution { work ${WAITING} } } } } }`;
const NOBODY = {
  cause: 'NO_RUNNER',
  labels: ['gpu', 'big'],
  explanation: 'No runner with the labels gpu, big is connected.',
};

interface Work {
  readonly work: string | null;
  readonly waiting: object | null;
}
interface Changed {
  readonly executionChanged: {
    readonly status: string;
    readonly stages: readonly {
      readonly actions: readonly { readonly name: string; readonly attempts: readonly Work[] }[];
    }[];
  };
}
interface Pipeline {
  readonly pipeline: {
    readonly stages: readonly {
      readonly actions: readonly { readonly name: string; readonly latestExecution: Work | null }[];
    }[];
  };
}

describe('a job whose labels no runner has', () => {
  let platform: PlatformProcess;
  let api: Api;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    ({ api } = platform);
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  const inPipeline = async (): Promise<Work | null | undefined> =>
    (await api.query<Pipeline>(PIPELINE)).pipeline.stages[1]?.actions[0]?.latestExecution;

  test(
    'says so wherever it is shown, until one comes that has them',
    async () => {
      const repository = await GitRepository.create(join(platform.directory, 'site'), { 'app.txt': 'one' });
      const target = join(platform.directory, 'target');
      const id = await createAndStart(
        api,
        pipeline(
          'picky',
          stage('Source', source(repository)),
          stage('Deploy', deploy(target, 'Tree', { configuration: { TargetDirectory: target, Labels: 'gpu,big' } })),
        ),
      );
      const seen: (Work | undefined)[] = [];
      const follower = (async () => {
        for await (const { executionChanged } of api.subscribe<Changed>(EXECUTION_CHANGED, { id })) {
          seen.push(executionChanged.stages[1]?.actions[0]?.attempts[0]);
          if (executionChanged.status !== 'InProgress') return;
        }
      })();
      await executionThat(api, id, 'a job that is offered', (execution) =>
        attemptsOf(execution, 'Deploy', 'Files').some(({ jobs }) => jobs.at(-1)?.status === 'Offered'),
      );
      expect(await inPipeline()).toEqual({ work: 'QUEUED', waiting: NOBODY });

      await until('a follower that was told', () => seen.some((work) => work?.waiting !== null && work !== undefined));

      // Half of them is not enough.
      await platform.startRunner(['gpu']);
      await platform.startRunner(['big', 'gpu']);
      expect(await over(api, id)).toMatchObject({ status: 'Succeeded' });
      await follower;
      expect(await inPipeline()).toEqual({ work: 'ENDED', waiting: null });
      expect(seen).toContainEqual({ work: 'QUEUED', waiting: NOBODY });
      expect(seen.at(-1)).toEqual({ work: 'ENDED', waiting: null });
    },
    TIMEOUT_MS,
  );
});
