import { chainHash, NEW_STREAM } from '@millrace/event-store';
import { exportEvents } from './export-events.js';
import { Installation } from './testing/installation.js';

interface Line {
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly version: number;
  readonly time: string;
  readonly data: object;
  readonly metadata: { readonly type: string };
  readonly hash: string;
}

describe('exportEvents, while the platform works', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.filled();
  });
  afterAll(() => installation.remove());

  const exported = async (after?: string, signal = AbortSignal.timeout(60_000)) => {
    const lines: Line[] = [];
    const report = await exportEvents(
      {
        dataDirectory: installation.directory,
        signal,
        ...(after === undefined ? {} : { after }),
        write: async (line) => {
          expect(line).not.toContain('\n');
          lines.push(JSON.parse(line) as Line);
        },
      },
      () => undefined,
    );
    return { lines, report };
  };

  test('writes every event in the order of the log, with its cursor', async () => {
    const { lines, report } = await exported();
    const { logId } = installation.engines.store;
    const { events } = await installation.engines.store.readAll();
    expect(lines.map(({ position }) => position)).toEqual(events.map(({ position }) => `${logId}.${position}`));
    expect(lines[0]).toEqual({
      position: `${logId}.1`,
      stream: 'pipeline-default/shop',
      revision: 0,
      type: 'PipelineCreated',
      version: 1,
      time: '2026-11-24T12:00:00.000Z',
      data: events[0]?.data,
      metadata: events[0]?.metadata,
      hash: events[0]?.hash,
    });
    expect(report).toEqual({ events: 7, head: `${logId}.7` });
  });

  test('holds what is hashed as it was hashed: the chains can be checked with nothing but the export', async () => {
    const heads = new Map<string, string>();
    const { lines } = await exported();
    for (const { stream, metadata, data, hash } of lines) {
      const previous = heads.get(stream) ?? NEW_STREAM.hash;
      expect(chainHash(previous, Buffer.from(JSON.stringify(metadata)), Buffer.from(JSON.stringify(data)))).toBe(hash);
      heads.set(stream, hash);
    }
  });

  test('goes on behind a cursor, or a number', async () => {
    const { logId } = installation.engines.store;
    for (const after of [`${logId}.5`, '5']) {
      const { lines, report } = await exported(after);
      expect(lines.map(({ position }) => position)).toEqual([`${logId}.6`, `${logId}.7`]);
      expect(report).toEqual({ events: 2, head: `${logId}.7` });
    }
    expect((await exported('7')).report).toEqual({ events: 0, head: `${logId}.7` });
  });

  test('refuses a cursor of another log, and what is no cursor', async () => {
    await expect(exported('0b4c1f0e-6a3d-5e7b-9c51-2f4f0a6d8e10.5')).rejects.toMatchObject({
      name: 'MaintenanceRefusal',
      code: 'CURSOR_FROM_ANOTHER_LOG',
    });
    for (const cursor of ['', '-1', 'yesterday', '1e3'])
      await expect(exported(cursor)).rejects.toMatchObject({ code: 'BAD_CURSOR' });
  });

  test('ends when it is told to', async () => {
    await expect(exported(undefined, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
