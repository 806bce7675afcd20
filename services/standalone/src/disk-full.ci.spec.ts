import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from './maintenance/index.js';
import { ApiError } from './testing/api.js';
import { createAndStart, executionOf, executionsOf, over, startExecution } from './testing/executions.js';
import { GitRepository } from './testing/git-repository.js';
import { linesOf } from './testing/marker.js';
import { commands, pipeline, source, stage } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';
import { until } from './testing/wait.js';

const TIMEOUT_MS = 240_000;
const DISK = '48m';
const CHUNK_BYTES = 64 * 1024;
const COMMANDS_MAX = 2_000;

/** Needs the right to mount a tmpfs. */
describe('a disk that fills up', () => {
  let base: string;
  let disk: string;
  let platform: PlatformProcess;
  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
    disk = join(base, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'millrace-test', disk]);
    platform = await PlatformProcess.start({
      dataDirectory: join(disk, 'data'),
      // A runner that can't write its own files is another test's: here the control plane alone is in need.
      environment: { MILLRACE_LEASE_TERM_MS: '30000' },
    });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await platform.dispose();
    execFileSync('umount', [disk]);
    rmSync(base, { recursive: true, force: true });
  }, TIMEOUT_MS);

  test(
    'commands are refused and can be repeated, reads go on, and so does everything when there is room again',
    async () => {
      const { api, directory } = platform;
      const [begun, gate] = [join(directory, 'begun'), join(directory, 'gate')];
      const repository = await GitRepository.create(join(directory, 'site'), { 'app.txt': 'one' });
      const id = await createAndStart(
        api,
        pipeline(
          'site',
          stage('Source', source(repository)),
          stage('Build', commands('Build', [`echo run >> ${begun}`, `while ! test -e ${gate}; do sleep 0.1; done`])),
        ),
      );
      await until('a running build', async () => (await linesOf(begun)).length === 1);

      fill(join(disk, 'filler'));
      const { acknowledged, refusal, name } = await untilRefused();
      expect(refusal.faults).toMatchObject([
        { message: expect.stringMatching(/repeating is safe/), extensions: { code: 'STORE_FULL' } },
      ]);

      // It says so again and again, never lies, and answers whoever only looks.
      await expect(createToken(name)).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(await executionOf(api, id)).toMatchObject({ status: 'InProgress' });
      expect(await executionsOf(api, 'site')).toHaveLength(1);
      expect((await api.fetch('/health/live')).status).toBe(200);
      expect((await api.fetch('/metrics')).status).toBe(200);
      // Work ends while nothing can be recorded: the result waits at the runner.
      writeFileSync(gate, '');
      await expect(startExecution(api, 'site')).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(platform.hasEnded()).toBe(false);

      rmSync(join(disk, 'filler'));
      expect(await over(api, id)).toMatchObject({ status: 'Succeeded' });
      const repeated = await until('room for a command', () => createToken(name).catch(laterIfFull));
      const next = await startExecution(api, 'site');
      expect(await over(api, next)).toMatchObject({ status: 'Succeeded' });
      expect(await linesOf(begun)).toHaveLength(2);

      // What was acknowledged is on the disk, not only in the process.
      await platform.kill();
      await platform.start();
      const logged = await tokenPositions();
      expect(logged).toEqual(expect.arrayContaining([...acknowledged, repeated]));
      expect(await platform.stop()).toEqual({ code: 0, signal: null });
      const report = await verify(
        { dataDirectory: platform.dataDirectory, signal: AbortSignal.timeout(60_000) },
        () => undefined,
      );
      expect(report.findings).toEqual([]);
    },
    TIMEOUT_MS,
  );

  /** @returns where the log has it. */
  async function createToken(name: string): Promise<string> {
    const { position } = await platform.api.change('createToken', { name, role: 'viewer', clientToken: name });
    return position ?? '';
  }

  async function untilRefused(): Promise<{
    readonly acknowledged: readonly string[];
    readonly refusal: ApiError;
    readonly name: string;
  }> {
    const acknowledged: string[] = [];
    for (let count = 0; count < COMMANDS_MAX; count += 1) {
      const name = `token-${count}`;
      try {
        acknowledged.push(await createToken(name));
      } catch (error) {
        if (error instanceof ApiError) return { acknowledged, refusal: error, name };
        throw error;
      }
    }
    throw new Error(`${COMMANDS_MAX} commands found room on a disk that is full.`);
  }

  async function tokenPositions(): Promise<readonly string[]> {
    interface Page {
      readonly events: {
        readonly nodes: readonly { readonly position: string }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    }
    const { platform: about } = await platform.api.query<{ readonly platform: { readonly logId: string } }>(
      '{ platform { logId } }',
    );
    const positions: string[] = [];
    for (let after: string | undefined = `${about.logId}.0`; after !== undefined;) {
      const { events }: Page = await platform.api.query<Page>(
        `query ($after: Position) { events(after: $after, filter: { categories: ["token"] }, first: 500) {
          nodes { position } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      positions.push(...events.nodes.map(({ position }) => position));
      after = events.pageInfo.hasNextPage ? events.pageInfo.endCursor : undefined;
    }
    return positions;
  }
});

function laterIfFull(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 'STORE_FULL') return undefined;
  throw error;
}

/** Writes until there is no room for one more byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let bytes = CHUNK_BYTES; bytes >= 1;) if (!fits(file, bytes)) bytes = Math.floor(bytes / 2);
  closeSync(file);
}

function fits(file: number, bytes: number): boolean {
  try {
    writeSync(file, Buffer.alloc(bytes));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
