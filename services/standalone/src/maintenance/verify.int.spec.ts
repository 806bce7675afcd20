import { appendFileSync, cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DEFAULT_PROJECT, streams } from '@millrace/contracts';
import type { VerifyFinding, VerifyReport } from '@millrace/contracts/maintenance';
import { described, Installation } from './testing/installation.js';
import { verify } from './verify.js';

const examine = (dataDirectory: string, signal = AbortSignal.timeout(60_000)): Promise<VerifyReport> =>
  verify({ dataDirectory, signal }, () => undefined);
const codes = (findings: readonly VerifyFinding[]): readonly string[] => findings.map(({ code }) => code);
const only = ({ findings }: VerifyReport): VerifyFinding => {
  expect(findings).toHaveLength(1);
  return findings[0] as VerifyFinding;
};

describe('verify', () => {
  let sound: Installation;
  /** A copy of the sound data, to be damaged. */
  let copy: string;

  beforeAll(async () => {
    sound = await Installation.filled();
    await sound.stop();
  });
  afterAll(() => sound.remove());
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'millrace-copy-'));
    cpSync(sound.directory, copy, { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const change = (file: string, sql: string, ...values: string[]): void => {
    const database = new DatabaseSync(join(copy, file));
    database.prepare(sql).run(...values);
    database.close();
  };
  const object = (content: string): string => {
    const { sha256 } = described(content);
    return join('objects', DEFAULT_PROJECT, sha256.slice(0, 2), sha256);
  };
  const log = (action: string): string => join('logs', DEFAULT_PROJECT, 'e1', `${action}.log`);

  test('finds nothing in sound data, says how much it looked at, and changes no file', async () => {
    const report = await examine(copy);
    expect(report).toMatchObject({ ok: true, findings: [], remarks: [] });
    expect(report.checked).toMatchObject({ events: 7, streams: 7, logs: 2, artifacts: 2 });
    // Pipelines, versions, artifacts and holdings, whatever else there is.
    expect(report.checked['documents']).toBeGreaterThanOrEqual(3 + 2 + 2);
    expect(report.head).toMatch(/^[0-9a-f-]{36}\.7$/);
    expect(await examine(copy)).toEqual(report);
  });

  test('misses no file of a log that was closed without a byte', async () => {
    const silent = await Installation.open();
    await silent.closeLog('a9', '');
    await silent.settled();
    await silent.stop();
    expect(await examine(silent.directory)).toMatchObject({ ok: true, findings: [], checked: { events: 1, logs: 0 } });
    await silent.remove();
  });

  test('names the event in which a bit is flipped, and the view that no longer follows from it', async () => {
    // 'w' and 'v' differ in one bit.
    change(
      'log.sqlite',
      `UPDATE events SET data = replace(data, '"name":"website"', '"name":"vebsite"') WHERE position = 2`,
    );

    const { ok, findings } = await examine(copy);
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({
      code: 'CHAIN_BROKEN',
      subject: `${streams.pipeline(DEFAULT_PROJECT, 'website')} revision 0 (position 2)`,
    });
    expect(new Set(codes(findings.slice(1)))).toEqual(new Set(['VIEW_DIFFERS']));
  });

  test('names an event whose bytes are no JSON any more, and the views that can not be compared', async () => {
    change('log.sqlite', 'UPDATE events SET data = ? WHERE position = 2', '{"pipelineId');
    const { findings } = await examine(copy);
    expect(findings[0]).toMatchObject({ code: 'CHAIN_BROKEN', subject: expect.stringContaining('(position 2)') });
    expect(new Set(codes(findings.slice(1)))).toEqual(new Set(['VIEW_UNVERIFIABLE']));
  });

  test('names the place of an event that is gone', async () => {
    change('log.sqlite', 'DELETE FROM events WHERE position = 4');
    const { findings } = await examine(copy);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'EVENTS_MISSING', subject: 'position 4' }));
  });

  test('names a tail that is gone by its witnesses: head.json and every view', async () => {
    change('log.sqlite', 'DELETE FROM events WHERE position = 7');
    const { findings } = await examine(copy);
    const tail = findings.filter(({ code }) => code === 'TAIL_MISSING');
    // All have seen the same, and are one finding.
    expect(tail.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^head\.json, .*the view artifact\.artifacts\.v1.* have seen the log at position 7, but the log ends at position 6/,
      ),
    ]);
  });

  test('reports a log file that ends too early, and one that is no database, instead of failing', async () => {
    truncateSync(join(copy, 'log.sqlite'), 3 * 4096);
    expect(codes((await examine(copy)).findings)).toContain('LOG_FILE_DAMAGED');
    writeFileSync(join(copy, 'log.sqlite'), 'no database at all'.repeat(1_000));
    expect(only(await examine(copy))).toMatchObject({ code: 'LOG_FILE_DAMAGED', subject: 'log.sqlite' });
  });

  test('names an event of a newer release', async () => {
    const newer = await Installation.open(copy);
    await newer.append(streams.pipeline(DEFAULT_PROJECT, 'shop'), 99, [{ type: 'PipelineUpdated', data: {} }]);
    await newer.stop();
    const { findings } = await examine(copy);
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'EVENT_UNKNOWN',
        subject: `${streams.pipeline(DEFAULT_PROJECT, 'shop')} revision 1 (position 8)`,
      }),
    );
  });

  test('names an event id that a command has used twice', async () => {
    const { engines, ...twice } = await Installation.open(copy);
    const stream = streams.pipeline(DEFAULT_PROJECT, 'shop');
    const { head, events } = await engines.store.readStream(stream);
    const [first] = events;
    if (first === undefined) throw new Error('There is no event.');
    const { type, version, data } = first;
    const metadata = { ...first.metadata, commandId: 'c' };
    await engines.store.append(stream, head, [
      { type, version, data, metadata },
      { type, version, data, metadata },
    ]);
    await Installation.prototype.stop.call({ ...twice, engines });
    expect(codes((await examine(copy)).findings)).toContain('EVENT_ID_REPEATED');
  });

  test('names an altered document and its members, a missing one, and one that is too many', async () => {
    const { table } = new DatabaseSync(join(copy, 'views.sqlite'))
      .prepare(`SELECT 'documents_artifacts_' || generation AS "table" FROM collections WHERE name = 'artifacts'`)
      .get() as { table: string };
    change(
      'views.sqlite',
      `UPDATE ${table} SET document = json_set(document, '$.bytes', 1) WHERE id = ?`,
      'default/app',
    );
    change('views.sqlite', `INSERT INTO ${table} (id, position, document) VALUES ('default/more', 3, '{}')`);
    change('views.sqlite', `DELETE FROM ${table} WHERE id = ?`, 'default/tests');

    const { findings } = await examine(copy);
    expect(new Set(codes(findings))).toEqual(new Set(['VIEW_DIFFERS']));
    const about = (subject: string) => findings.find((finding) => finding.subject === subject)?.message;
    expect(about('view artifact.artifacts.v1, document default/app')).toContain('Its bytes differ');
    expect(about('view artifact.artifacts.v1, document default/more')).toContain('is there, but not in a fold');
    expect(about('view artifact.artifacts.v1, document default/tests')).toContain('is missing');
    expect(about('view artifact.artifacts.v1, index byExecution')).toContain('millrace rebuild artifact.artifacts.v1');
  });

  test('names views that are no database, and reads the rest all the same', async () => {
    writeFileSync(join(copy, 'views.sqlite'), 'no database at all'.repeat(1_000));
    const report = await examine(copy);
    expect(only(report)).toMatchObject({ code: 'VIEWS_DAMAGED', subject: 'views.sqlite' });
    expect(report.checked).toMatchObject({ events: 7, documents: 0, artifacts: 2 });
  });

  test('takes views that are not there for no broken promise, and says so', async () => {
    rmSync(join(copy, 'views.sqlite'));
    const report = await examine(copy);
    expect(report).toMatchObject({ ok: true, remarks: [{ code: 'VIEWS_ABSENT' }] });
  });

  test('names an object that is missing, one whose content changed, and one that nobody names', async () => {
    rmSync(join(copy, object('the application')));
    writeFileSync(join(copy, object('the tests')), 'the tesst');
    const unnamed = join('objects', DEFAULT_PROJECT, 'ab', `ab${'0'.repeat(62)}`);
    cpSync(join(sound.directory, object('the application')), join(copy, unnamed), { preserveTimestamps: true });
    const report = await examine(copy);
    expect(report.findings).toEqual([
      expect.objectContaining({ code: 'ARTIFACT_MISSING', subject: object('the application') }),
      expect.objectContaining({ code: 'ARTIFACT_DAMAGED', subject: object('the tests') }),
    ]);
    expect(report.findings[0]?.message).toContain('the artifact app of execution e1');
    expect(report.remarks).toEqual([expect.objectContaining({ code: 'OBJECT_UNNAMED', subject: unnamed })]);
  });

  test('names a log that is gone, one that has grown, and one that no longer says it is closed', async () => {
    appendFileSync(join(copy, log('a1')), 'more');
    rmSync(join(copy, log('a2')));
    expect((await examine(copy)).findings).toEqual([
      expect.objectContaining({ code: 'ACTION_LOG_DAMAGED', subject: log('a1') }),
      expect.objectContaining({ code: 'ACTION_LOG_MISSING', subject: log('a2') }),
    ]);
  });

  test('names a log that no longer says it is closed', async () => {
    const closed = log('a1').replace('.log', '.closed.json');
    rmSync(join(copy, closed));
    expect(only(await examine(copy))).toMatchObject({ code: 'ACTION_LOG_DAMAGED', subject: closed });
  });

  test('does not miss the bytes of what has expired', async () => {
    const installation = await Installation.open(copy);
    await installation.expireArtifact('app', 'the application');
    await installation.stop();
    expect(await examine(copy)).toMatchObject({ ok: true, checked: { artifacts: 1 } });
  });

  test('refuses a directory without a log, and tells a log that is gone from one that never was', async () => {
    await expect(examine(join(copy, 'nowhere'))).rejects.toMatchObject({ name: 'MaintenanceRefusal', code: 'NO_DATA' });
    rmSync(join(copy, 'log.sqlite'));
    await expect(examine(copy)).rejects.toMatchObject({ code: 'DAMAGED' });
  });

  test('refuses the format of a newer release', async () => {
    writeFileSync(join(copy, 'format'), '2\n');
    await expect(examine(copy)).rejects.toMatchObject({ code: 'NEWER_FORMAT' });
  });

  test('ends when it is told to', async () => {
    await expect(examine(copy, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

describe('verify, while the platform works', () => {
  test('does not miss the bytes of what expires after the log was read', async () => {
    const installation = await Installation.filled();
    let expired: Promise<void> | undefined;
    try {
      const report = await verify(
        { dataDirectory: installation.directory, signal: AbortSignal.timeout(60_000) },
        ({ step }) => {
          if (step !== 'events') expired ??= installation.expireArtifact('app', 'the application');
        },
      );
      await expired;
      // It had been counted before it went, and is gone now.
      expect(report).toMatchObject({ ok: true, findings: [], checked: { artifacts: 2 } });
      expect(await examine(installation.directory)).toMatchObject({ ok: true, checked: { artifacts: 1 } });
    } finally {
      await installation.remove();
    }
  });

  test('finds nothing, whatever is written meanwhile', async () => {
    const installation = await Installation.filled();
    let working = true;
    const work = (async () => {
      for (let number = 0; working; number += 1) {
        await installation.createPipeline(`more-${number}`);
        await installation.storeArtifact(`more-${number}`, `content ${number}`);
        if (number % 2 === 1) await installation.expireArtifact(`more-${number}`, `content ${number}`);
      }
    })();
    try {
      const reports = [await examine(installation.directory), await examine(installation.directory)];
      for (const { ok, findings } of reports) expect({ ok, findings }).toEqual({ ok: true, findings: [] });
      expect(reports[1]?.checked['events']).toBeGreaterThan(7);
    } finally {
      working = false;
      await work;
      await installation.remove();
    }
  });
});
