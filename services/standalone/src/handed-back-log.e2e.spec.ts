import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './testing/api.js';
import { attemptsOf, createAndStart, executionThat, over } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { signal } from './testing/processes.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;
const LINES = 500;

const LOG_APPENDED = `subscription ($executionId: ID!, $actionExecutionId: ID!) {
  logAppended(executionId: $executionId, actionExecutionId: $actionExecutionId) { offset nextOffset text }
}`;
const LOG = `query ($executionId: ID!, $actionExecutionId: ID!) {
  log(executionId: $executionId, actionExecutionId: $actionExecutionId, limit: 262144) { text end }
  execution(id: $executionId) { stages { actions { attempts { log { bytes closed dropped } } } } }
}`;

interface Chunk {
  readonly offset: number;
  readonly nextOffset: number;
  readonly text: string;
}
interface LogView {
  readonly log: { readonly text: string; readonly end: boolean };
  readonly execution: {
    readonly stages: readonly {
      readonly actions: readonly { readonly attempts: readonly { readonly log: object | null }[] }[];
    }[];
  };
}

describe('the log of a job that was handed back', () => {
  let platform: PlatformProcess;
  let api: Api;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    ({ api } = platform);
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  test(
    'goes on behind what the first attempt has written, without gap or repeat, for a follower too',
    async () => {
      const file = (name: string): string => join(platform.directory, name);
      const repository = await GitRepository.create(file('site'), { 'app.txt': 'one' });
      const build = commands('Build', [
        `echo begun >> ${file('begun')}`,
        `run=$(wc -l < ${file('begun')})`,
        `for line in $(seq 1 ${LINES}); do echo "run $run line $line"; done`,
        // The last word of the first run comes while it is being ended.
        `trap 'echo "run $run is ended"; exit 1' TERM`,
        `while ! test -e ${file('gate')}; do sleep 0.1; done`,
        `echo "run $run is done"`,
      ]);
      const executionId = await createAndStart(
        api,
        pipeline('handed-back', stage('Source', source(repository)), stage('Build', build)),
      );
      const begun = await executionThat(api, executionId, 'a build', (execution) =>
        attemptsOf(execution, 'Build', 'Build').some(({ work }) => work === 'RUNNING'),
      );
      const of = { executionId, actionExecutionId: attemptsOf(begun, 'Build', 'Build')[0]?.id ?? '' };

      const chunks: Chunk[] = [];
      const followed = (): string => chunks.map(({ text }) => text).join('');
      const follower = (async () => {
        for await (const { logAppended } of api.subscribe<{ readonly logAppended: Chunk }>(LOG_APPENDED, of))
          chunks.push(logAppended);
      })();
      await until('the output of the first run', () => followed().includes(`run 1 line ${LINES}\n`));
      const first = await until('the runner', () => platform.runnerPid());
      signal(first, 'SIGTERM');
      await until('the output of the second run', () => followed().includes(`run 2 line ${LINES}\n`));
      expect(await linesOf(file('begun'))).toHaveLength(2);
      await writeFile(file('gate'), '');
      const ended = await over(api, executionId);
      expect(ended.status).toBe('Succeeded');
      expect(attemptsOf(ended, 'Build', 'Build')).toMatchObject([
        { attempt: 1, jobs: [{ status: 'Returned' }, { status: 'Succeeded' }] },
      ]);
      await follower;

      const { log, execution } = await api.query<LogView>(LOG, of);
      const lines = log.text.split('\n').filter((line) => line.startsWith('run '));
      const all = (run: number): readonly string[] =>
        Array.from({ length: LINES }, (_, line) => `run ${run} line ${line + 1}`);
      expect(lines.filter((line) => line !== 'run 1 is ended')).toEqual([...all(1), ...all(2), 'run 2 is done']);
      expect(log.end).toBe(true);
      expect(execution.stages[1]?.actions[0]?.attempts[0]?.log).toEqual({
        bytes: Buffer.byteLength(log.text),
        closed: true,
        dropped: 0,
      });
      // Who followed has the same bytes, each part behind the last one.
      expect(followed()).toBe(log.text);
      let next = 0;
      for (const { offset, nextOffset } of chunks) {
        expect(offset).toBe(next);
        next = nextOffset;
      }
    },
    TIMEOUT_MS,
  );
});
