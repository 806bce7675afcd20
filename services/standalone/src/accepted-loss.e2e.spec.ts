import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createAndStart, executionsOf, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 180_000;
const EVENTS = `query ($after: Position) { events(after: $after, first: 100) { nodes { position type data } } }`;

interface EventPage {
  readonly events: {
    readonly nodes: readonly { readonly position: string; readonly type: string; readonly data: unknown }[];
  };
}

describe('a log that has lost its tail', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.prepare();
  });
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  const head = async (): Promise<string> =>
    (await platform.api.query<{ readonly platform: { readonly head: string } }>('{ platform { head } }')).platform.head;

  /** A kill, and a disk that has kept only half of what was written since the last checkpoint. */
  async function loseTail(): Promise<void> {
    await platform.kill();
    await platform.killRunner();
    const wal = join(platform.dataDirectory, 'log.sqlite-wal');
    await truncate(wal, Math.trunc((await stat(wal)).size / 2));
  }

  test(
    'is refused with both positions; an accepted loss is recorded, and releasing goes on',
    async () => {
      const { api, dataDirectory } = platform;
      await platform.start();
      const repository = await GitRepository.create(join(platform.directory, 'site'), { 'app.txt': 'one' });
      // Something that is safe in the main file after an orderly stop, then something that is not.
      const kept = await createAndStart(
        api,
        pipeline('site', stage('Source', source(repository)), stage('Build', commands('Build', ['true']))),
      );
      await over(api, kept);
      expect(await platform.stop()).toEqual({ code: 0, signal: null });
      await platform.start();
      await over(api, await startExecution(api, 'site'));
      const seen = await head();
      await loseTail();

      await platform.launch();
      expect(await platform.ended()).toEqual({ code: 1, signal: null });
      const said = await platform.logTail();
      const [, witnessed, left] = /position (\d+), but the log ends at position (\d+)/.exec(said) ?? [];
      // The log of the last action may have been closed after the execution was over.
      expect(Number(witnessed)).toBeGreaterThanOrEqual(Number(numberOf(seen)));
      expect(Number(left)).toBeLessThan(Number(witnessed));
      expect(said).toContain('start with --accept-loss');
      expect(said).not.toMatch(/^\s+at /m);
      // To refuse is to leave everything as it is: it says the same again.
      await platform.launch();
      expect(await platform.ended()).toEqual({ code: 1, signal: null });
      expect(await readdir(dataDirectory)).not.toContain('log.sqlite-wal.damaged');

      await platform.launch({}, ['--accept-loss']);
      await platform.ready();
      expect(await readdir(dataDirectory)).toContain('log.sqlite-wal.damaged');
      const { events } = await api.query<EventPage>(EVENTS, { after: await cursorAt(Number(left)) });
      expect(events.nodes[0]).toMatchObject({
        type: 'LossAccepted',
        data: { losses: expect.arrayContaining([expect.stringContaining(`position ${witnessed}`)]) },
      });
      expect(numberOf(events.nodes[0]?.position ?? '')).toBe(String(Number(left) + 1));

      // What follows takes the places of what is gone: nobody may go on behind them with a cursor of before.
      await expect(api.query(EVENTS, { after: seen })).rejects.toMatchObject({ code: 'CURSOR_FROM_ANOTHER_LOG' });
      // Nor may a consumer that had come further: each of these steps is a policy's.
      const next = await startExecution(api, 'site');
      expect(await over(api, next)).toMatchObject({ status: 'Succeeded' });
      expect((await executionsOf(api, 'site')).map(({ id }) => id)).toEqual(expect.arrayContaining([kept, next]));

      // It was accepted once: the next start asks nobody.
      expect(await platform.stop()).toEqual({ code: 0, signal: null });
      await platform.start();
    },
    TIMEOUT_MS,
  );

  /** As it leaves the house now. */
  async function cursorAt(position: number): Promise<string> {
    return `${(await head()).split('.')[0]}.${position}`;
  }
});

const numberOf = (position: string): string => position.slice(position.lastIndexOf('.') + 1);
