import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.js';

describe('making a directory that a person has named', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-directory-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('makes those above it, too, all with the mode', async () => {
    await makeDirectory(join(directory, 'a', 'b', 'c'), 0o700);
    for (const path of ['a', 'a/b', 'a/b/c']) expect((await stat(join(directory, path))).mode & 0o777).toBe(0o700);
  });

  test('leaves one alone that is there, and two at once are no fault', async () => {
    await mkdir(join(directory, 'a'), { mode: 0o755 });
    await makeDirectory(join(directory, 'a'), 0o700);
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o755);
    await Promise.all(['x', 'y', 'z'].map((name) => makeDirectory(join(directory, 'p', 'q', 'r', name))));
  });

  test('a file in its place, or above it, is the error of the system', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(makeDirectory(join(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST', syscall: 'mkdir' });
    await expect(makeDirectory(join(directory, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  // Of Linux; elsewhere there is no such path, and nobody who may make one.
  test.each(['/proc/nope', '/proc/nope/deeper'])('a place where nothing can be made ends: %s', async (path) => {
    await expect(makeDirectory(path)).rejects.toMatchObject({ code: expect.stringMatching(/^E/), syscall: 'mkdir' });
  });
});
