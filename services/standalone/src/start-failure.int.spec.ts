import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFailure } from './start-failure.js';

const listening = (server: Server, port: number): Promise<unknown> =>
  new Promise((resolve) => {
    server.once('error', resolve).listen(port, '127.0.0.1', () => resolve(undefined));
  });

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('why the platform did not start', () => {
  test('a port that is taken is named, with the setting that mends it', async () => {
    const [first, second] = [createServer(), createServer()];
    try {
      await listening(first, 0);
      const taken = first.address();
      const port = typeof taken === 'object' && taken !== null ? taken.port : 0;
      expect(startFailure(await listening(second, port))).toBe(
        `127.0.0.1:${port} is in use: stop what listens there, or set MILLRACE_PORT.`,
      );
    } finally {
      first.close();
    }
  });

  test('a file in the place of the data directory, or above it, is named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-start-'));
    try {
      const file = join(directory, 'file');
      await writeFile(file, '');
      const below = join(file, 'data');
      expect(startFailure(await failure(mkdir(file, { recursive: true })))).toBe(
        `${file} is a file: set MILLRACE_DATA to a directory.`,
      );
      expect(startFailure(await failure(mkdir(below, { recursive: true })))).toBe(
        `${below} lies below a file: set MILLRACE_DATA to a directory.`,
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('anything else says what it says itself', () => {
    expect(startFailure(new RangeError('The configuration is not usable.'))).toBe('The configuration is not usable.');
    expect(startFailure('no')).toBe('no');
  });
});
