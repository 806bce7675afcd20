import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createAndStart, over } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 120_000;
const OTHERS = 0o077;

describe('the data', () => {
  let platform: PlatformProcess;
  beforeAll(async () => {
    platform = await PlatformProcess.prepare();
    // As an administrator makes one.
    await mkdir(platform.dataDirectory, { mode: 0o755 });
    await platform.start();
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  /** What other users of the machine may read or enter, by path. */
  async function openToOthers(directory: string): Promise<readonly string[]> {
    const entries = await readdir(directory, { recursive: true });
    const open: string[] = [];
    for (const entry of entries) {
      // Below the runner's own directory, which is closed, are the files of builds.
      if (entry.startsWith(join('runner', '/'))) continue;
      if (((await stat(join(directory, entry))).mode & OTHERS) !== 0) open.push(entry);
    }
    return open;
  }

  test(
    'is for its owner alone, and what is built keeps the modes that it had',
    async () => {
      const { api, directory, dataDirectory } = platform;
      const repository = await GitRepository.create(join(directory, 'site'), { 'app.txt': 'one' });
      const umask = join(directory, 'umask');
      const id = await createAndStart(
        api,
        pipeline(
          'private',
          stage('Source', source(repository)),
          stage('Build', commands('Build', [`umask > ${umask}`])),
        ),
      );
      expect(await over(api, id)).toMatchObject({ status: 'Succeeded' });

      const present = await readdir(dataDirectory);
      expect(present).toEqual(
        expect.arrayContaining(['log.sqlite', 'log.sqlite-wal', 'views.sqlite', 'logs', 'objects']),
      );
      expect(await openToOthers(dataDirectory)).toEqual([]);
      // A release that a web server may not read is none.
      expect(Number.parseInt(await readFile(umask, 'utf8'), 8)).toBe(process.umask());
    },
    TIMEOUT_MS,
  );
});
