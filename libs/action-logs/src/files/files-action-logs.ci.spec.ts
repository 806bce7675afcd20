import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesActionLogs } from './files-action-logs.js';

/** Needs the right to mount a tmpfs. */
test('a full disk is refused as STORE_FULL, what was written is kept, and the chunk repeated goes on behind it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logs-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  try {
    const ballast = join(directory, 'ballast');
    await writeFile(ballast, Buffer.alloc(700_000));
    const logs = await FilesActionLogs.open({ directory });
    const log = { project: 'default', executionId: 'e', actionExecutionId: 'a' };
    const content = randomBytes(600_000);
    await logs.append(log, 0, content.subarray(0, 100_000));
    await expect(logs.append(log, 100_000, content.subarray(100_000))).rejects.toMatchObject({
      name: 'OperationalError',
      code: 'STORE_FULL',
      retryable: true,
    });
    const { bytes } = await logs.state(log);
    expect(Buffer.compare((await logs.read(log, 0, 1_000_000)).bytes, content.subarray(0, bytes))).toBe(0);

    await rm(ballast);
    expect(await logs.append(log, 100_000, content.subarray(100_000))).toBe(600_000);
    expect((await logs.close(log)).sha256).toBe(createHash('sha256').update(content).digest('hex'));
  } finally {
    execFileSync('umount', [directory]);
    await rm(directory, { recursive: true });
  }
});
