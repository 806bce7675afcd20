import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFaults, createLifecycle, silentLogger, type Lifecycle } from '@millrace/runtime';
import { standaloneConfig } from '../config.js';
import { startPlatform } from '../platform.js';
import { viewsInProcess } from '../testing/views-in-process.js';
import { allProjections } from '../all-projections.js';
import { backup, exportEvents, rebuild, restore, verify } from './index.js';

const signal = AbortSignal.timeout(120_000);
const silent = (): void => undefined;

/** The platform as `npm start` composes it, without a runner. */
class Platform {
  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly lifecycle: Lifecycle,
  ) {}

  static async start(dataDirectory: string): Promise<Platform> {
    const lifecycle = createLifecycle({ logger: silentLogger });
    const { url } = await startPlatform({
      openViews: viewsInProcess,
      config: standaloneConfig(
        { MILLRACE_DATA: dataDirectory, MILLRACE_PORT: '0', MILLRACE_RUNNER: 'off', MILLRACE_LOG_LEVEL: 'silent' },
        [],
        '/',
      ),
      logger: silentLogger,
      lifecycle,
      faults: createFaults({ crashAt: undefined, allowFaults: false, isProduction: false }),
      onFatal: (error) => {
        throw error;
      },
    });
    return new Platform(url, readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim(), lifecycle);
  }

  async stop(): Promise<void> {
    await this.lifecycle.stop('the test is over');
  }

  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  async pipelineNames(): Promise<readonly string[]> {
    const { pipelines } = await this.ask<{ pipelines: { nodes: { name: string }[] } }>(
      '{ pipelines { nodes { name } } }',
    );
    return pipelines.nodes.map(({ name }) => name);
  }
}

describe('the data of a platform that runs', () => {
  let room: string;
  let platform: Platform;

  beforeAll(async () => {
    room = mkdtempSync(join(tmpdir(), 'millrace-maintained-'));
    platform = await Platform.start(join(room, 'data'));
    const definition = readFileSync(join(import.meta.dirname, '../../../../docs/examples/minimal.json'), 'utf8');
    await platform.ask('mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) { __typename } }', {
      input: { definition: JSON.parse(definition) as object },
    });
    expect(await platform.pipelineNames()).toEqual(['website']);
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(room, { recursive: true, force: true });
  });

  test('is folded here by the very projections that the platform has', async () => {
    const answer = await platform.ask<{ platform: { projections: { name: string }[] } }>(
      '{ platform { projections { name } } }',
    );
    expect(answer.platform.projections).toEqual(allProjections.map(({ name }) => ({ name })));
  });

  test('can be verified and exported', async () => {
    const on = { dataDirectory: join(room, 'data'), signal };
    const report = await verify(on, silent);
    expect(report).toMatchObject({ ok: true, findings: [], remarks: [] });
    const types: string[] = [];
    await exportEvents(
      { ...on, write: async (line) => void types.push((JSON.parse(line) as { type: string }).type) },
      silent,
    );
    expect(types).toContain('PipelineCreated');
    await expect(rebuild({ ...on, projections: [] }, silent)).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('can be backed up, and restored to a platform that knows the same', async () => {
    const [source, other] = [join(room, 'backup'), join(room, 'other')];
    await backup({ dataDirectory: join(room, 'data'), signal, target: source }, silent);
    await restore({ source, dataDirectory: other, signal }, silent);
    const restored = await Platform.start(other);
    try {
      // With the same token: it is in the backup.
      expect(await restored.pipelineNames()).toEqual(['website']);
      expect(await verify({ dataDirectory: other, signal }, silent)).toMatchObject({ ok: true, remarks: [] });
    } finally {
      await restored.stop();
    }
  });
});
