import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDataDirectory } from './data-directory.js';
import { startFailure } from './start-failure.js';

const refusal = (path: string): Promise<string | undefined> =>
  prepareDataDirectory(path).then(() => undefined, startFailure);

describe('the data directory', () => {
  test('is made, and nothing is left in it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-data-'));
    const data = join(directory, 'a', 'b');
    expect(await refusal(data)).toBeUndefined();
    expect(await refusal(data)).toBeUndefined();
    expect(await readdir(data)).toEqual([]);
    await rm(directory, { recursive: true });
  });

  test.each(['/proc/nope', '/proc/nope/deeper'])('can not be made in %s', async (path) => {
    expect(await refusal(path)).toMatch(/^\/proc\/nope can't be made by this user: set MILLRACE_DATA to /);
  });

  test('can not be one that nobody may write', async () => {
    expect(await refusal('/proc')).toMatch(/^\/proc can't be written by this user \(\w+\): set MILLRACE_DATA to /);
  });
});
