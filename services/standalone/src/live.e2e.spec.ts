import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './testing/api.js';
import { createAndStart, executionOf, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage, type Json } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 120_000;

interface EventView {
  readonly id: string;
  readonly position: string;
  readonly type: string;
}

const EVENTS = `subscription ($after: Position, $filter: EventFilter) {
  eventAppended(after: $after, filter: $filter) { id position type }
}`;

describe('subscriptions', () => {
  let platform: PlatformProcess;
  let api: Api;
  let repository: GitRepository;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    ({ api } = platform);
    repository = await GitRepository.create(join(platform.directory, 'site'), { 'app.txt': 'one' });
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  const built = (name: string, lines: readonly string[]): Json =>
    pipeline(name, stage('Source', source(repository)), stage('Build', commands('Build', lines)));

  const head = async (): Promise<string> =>
    (await api.query<{ readonly platform: { readonly head: string } }>('{ platform { head } }')).platform.head;

  /** Events behind a place up to and with another, as a follower gets them. */
  async function followed(after: string, last: (event: EventView) => boolean): Promise<readonly EventView[]> {
    const events: EventView[] = [];
    for await (const { eventAppended } of api.subscribe<{ readonly eventAppended: EventView }>(EVENTS, { after })) {
      events.push(eventAppended);
      if (last(eventAppended)) return events;
    }
    throw new Error(`The subscription ended after ${events.length} events.`);
  }

  test(
    'eventAppended: from a cursor over a kill of the platform, without gap or duplicate',
    async () => {
      const start = await head();
      const first = await createAndStart(api, built('followed', ['true']));
      // A follower that has seen a part, live.
      const seen = await followed(start, ({ type }) => type === 'StageFinished');
      await over(api, first);

      await platform.kill();
      await platform.start();
      const cursor = seen.at(-1)?.position ?? '';
      const second = await startExecution(api, 'followed');
      // It comes back while new facts are appended: backlog and live have no seam.
      const rest = followed(cursor, ({ position }) => numberOf(position) >= numberOf(end));
      let end = `${cursor.split('.')[0]}.9007199254740991`;
      await over(api, second);
      end = await head();
      // One more fact, so that a follower that had everything already sees that this was the end.
      await api.change('createToken', { name: 'the end', role: 'viewer' });
      const followedAll = [...seen, ...(await rest)];

      const logged = await eventsBehind(start);
      expect(followedAll.map(({ position }) => position)).toEqual(
        logged.slice(0, followedAll.length).map(({ position }) => position),
      );
      expect(new Set(followedAll.map(({ id }) => id)).size).toBe(followedAll.length);
      expect(numberOf(followedAll.at(-1)?.position ?? '')).toBeGreaterThanOrEqual(numberOf(end));
    },
    TIMEOUT_MS,
  );

  /** What the log holds behind a place, by pages. */
  async function eventsBehind(start: string): Promise<readonly EventView[]> {
    const all: EventView[] = [];
    for (let after: string | undefined = start; after !== undefined;) {
      const page: {
        readonly events: {
          readonly nodes: readonly EventView[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        };
      } = await api.query(
        'query ($after: Position) { events(after: $after, first: 100) { nodes { id position type } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      all.push(...page.events.nodes);
      after = page.events.pageInfo.hasNextPage ? page.events.pageInfo.endCursor : undefined;
    }
    return all;
  }

  test(
    'eventAppended: a cursor of another log is refused by its code',
    async () => {
      const stranger = '00000000-0000-4000-8000-000000000000.1';
      await expect(followed(stranger, () => true)).rejects.toThrow(/CURSOR_FROM_ANOTHER_LOG/);
    },
    TIMEOUT_MS,
  );

  test(
    'executionChanged: the state now, every later one, and the end as every query sees it',
    async () => {
      const id = await createAndStart(api, built('watched', ['true']));
      const statuses: string[] = [];
      const changes = api.subscribe<{
        readonly executionChanged: { readonly status: string; readonly position: string } | null;
      }>('subscription ($id: ID!) { executionChanged(id: $id) { status position } }', { id });
      let place = 0;
      for await (const { executionChanged } of changes) {
        expect(numberOf(executionChanged?.position ?? '')).toBeGreaterThanOrEqual(place);
        place = numberOf(executionChanged?.position ?? '');
        statuses.push(executionChanged?.status ?? '');
        if (executionChanged?.status === 'Succeeded') break;
      }
      expect(statuses.at(-1)).toBe('Succeeded');
      expect(await executionOf(api, id)).toMatchObject({ status: 'Succeeded' });
    },
    TIMEOUT_MS,
  );

  test(
    'logAppended: from any offset, the rest of the output, live, to its end',
    async () => {
      const [begun, gate] = [join(platform.directory, 'log-begun'), join(platform.directory, 'log-gate')];
      const id = await createAndStart(
        api,
        built('logged', [
          'for i in 1 2 3 4 5; do echo "line $i"; done',
          `echo run >> ${begun}`,
          `while ! test -e ${gate}; do sleep 0.1; done`,
          'echo "the end"',
        ]),
      );
      await until('a running build', async () => (await linesOf(begun)).length === 1);
      const actionExecutionId = await until('the build’s attempt', async () => {
        const execution = await executionOf(api, id);
        return execution?.stages.find(({ name }) => name === 'Build')?.actions[0]?.attempts[0]?.id;
      });
      const variables = { executionId: id, actionExecutionId };
      const early = await collected(variables, 0, async (text) => {
        // Something was received while the action still runs: now it may end.
        if (text.includes('line 5')) await writeFile(gate, '');
      });
      expect(early).toContain('line 1');
      expect(early.trimEnd().endsWith('the end')).toBe(true);

      await over(api, id);
      const offset = Buffer.byteLength(early) - 20;
      expect(await collected(variables, offset)).toBe(early.slice(offset));
    },
    TIMEOUT_MS,
  );

  /** The text from an offset on, until the log is closed. */
  async function collected(
    variables: { readonly executionId: string; readonly actionExecutionId: string },
    offset: number,
    onText: (text: string) => Promise<void> = async () => undefined,
  ): Promise<string> {
    let text = '';
    const chunks = api.subscribe<{
      readonly logAppended: { readonly offset: number; readonly nextOffset: number; readonly text: string };
    }>(
      `subscription ($executionId: ID!, $actionExecutionId: ID!, $offset: Long) {
        logAppended(executionId: $executionId, actionExecutionId: $actionExecutionId, offset: $offset) { offset nextOffset text }
      }`,
      { ...variables, offset },
    );
    let next = offset;
    for await (const { logAppended } of chunks) {
      expect(logAppended.offset).toBe(next);
      next = logAppended.nextOffset;
      text += logAppended.text;
      await onText(text);
    }
    return text;
  }
});

const numberOf = (position: string): number => Number(position.slice(position.lastIndexOf('.') + 1));
