import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { allProjections } from '../all-projections.js';
import type { Progress } from './ports.js';
import { rebuild } from './rebuild.js';
import { Installation } from './testing/installation.js';
import { verify } from './verify.js';

const signal = AbortSignal.timeout(60_000);

describe('rebuild', () => {
  let installation: Installation;

  beforeEach(async () => {
    installation = await Installation.filled();
  });
  afterEach(() => installation.remove());

  const rebuilt = (projections: readonly string[] = []) =>
    rebuild({ dataDirectory: installation.directory, signal, projections }, () => undefined);
  const isSound = async (): Promise<boolean> =>
    (await verify({ dataDirectory: installation.directory, signal }, () => undefined)).ok;

  test('makes a view that was altered what the log says, and tells how it gets on', async () => {
    await installation.stop();
    const views = new DatabaseSync(join(installation.directory, 'views.sqlite'));
    const generation = views.prepare(`SELECT generation FROM collections WHERE name = 'artifacts'`).get()?.[
      'generation'
    ];
    views.exec(`UPDATE documents_artifacts_${generation} SET document = json_set(document, '$.bytes', 1)`);
    views.close();
    expect(await isSound()).toBe(false);

    const told: Progress[] = [];
    const name = 'artifact.artifacts.v1';
    const report = await rebuild({ dataDirectory: installation.directory, signal, projections: [name] }, (progress) =>
      told.push(progress),
    );
    expect(report).toEqual({ rebuilt: [{ name, documents: 2, durationMs: expect.any(Number) }] });
    expect(told.at(-1)).toEqual({ step: name, done: 7, of: 7 });
    expect(await isSound()).toBe(true);
  });

  test('rebuilds every view when none is named', async () => {
    await installation.stop();
    const { rebuilt: views } = await rebuilt();
    expect(views.map(({ name }) => name)).toEqual(allProjections.map(({ name }) => name));
    expect(await isSound()).toBe(true);
  });

  test('refuses while a platform runs, which is to be asked instead', async () => {
    await expect(rebuilt()).rejects.toMatchObject({ name: 'MaintenanceRefusal', code: 'LOCKED' });
  });

  test('refuses a name that no projection has, and a directory without data', async () => {
    await installation.stop();
    await expect(rebuilt(['shop'])).rejects.toMatchObject({ code: 'UNKNOWN_PROJECTION' });
    const empty = mkdtempSync(join(tmpdir(), 'millrace-empty-'));
    try {
      await expect(rebuild({ dataDirectory: empty, signal, projections: [] }, () => undefined)).rejects.toMatchObject({
        code: 'NO_DATA',
      });
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  test('ends when it is told to, and leaves what was served', async () => {
    await installation.stop();
    const ending = new AbortController();
    const ended = rebuild({ dataDirectory: installation.directory, signal: ending.signal, projections: [] }, () =>
      ending.abort(new Error('enough')),
    );
    await expect(ended).rejects.toThrow('enough');
    expect(await isSound()).toBe(true);
  });
});
