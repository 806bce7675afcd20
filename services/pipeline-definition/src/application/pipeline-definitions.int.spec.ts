import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams, type JsonObject } from '@millrace/contracts';
import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { EventStore, ReadStreamOptions } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { asJson, files, pipeline, stage, type Declared } from '../domain/testing/declarations.js';
import { definitionReader } from './definition-reader.js';
import { pipelineDefinitions, type PipelineDefinitions } from './pipeline-definitions.js';

const NOON = '2026-11-24T12:00:00.000Z';
const clock = { now: () => NOON, nowMs: () => Date.parse(NOON) };
const actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' } as const;
const uuid = (number: number) => uuidV5(NAMESPACES.command, number);

let directory: string;
let store: SqliteEventStore;
let service: PipelineDefinitions;
let commands: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-definitions-'));
  store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  service = pipelineDefinitions({ store, clock });
  commands = 0;
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

function send(type: string, data: JsonObject, commandId = uuid((commands += 1)), project = 'default') {
  return service.receive(
    { target: 'pipeline-definition', type, data },
    { commandId, project, actor, correlationId: 'correlation' },
  );
}

const declaring = (changes: Declared = {}): JsonObject => asJson(pipeline(changes));
const create = (number: number, changes: Declared = {}) =>
  send('CreatePipeline', { pipelineId: uuid(number), declaration: declaring(changes) });
const update = (changes: Declared, more: JsonObject = {}) =>
  send('UpdatePipeline', { declaration: declaring(changes), ...more });
const tagged = (description: string): Declared => ({ variables: [{ name: 'V', description }] });

async function history(project = 'default') {
  const { events } = await store.readStream(streams.pipeline(project, 'shop'));
  return events.map(({ type, data, metadata }) => [type, data['version'], metadata.pipelineId]);
}

describe('commands', () => {
  test('are recorded with the creation they belong to', async () => {
    expect(await create(100)).toMatchObject({ accepted: true, events: [{ type: 'PipelineCreated' }] });
    expect(await update(tagged('two'))).toMatchObject({ accepted: true });
    expect(await send('DeletePipeline', { name: 'shop' })).toMatchObject({ accepted: true });
    expect(await create(200)).toMatchObject({ accepted: true });
    expect(await update(tagged('three'))).toMatchObject({ accepted: true });
    expect(await history()).toEqual([
      ['PipelineCreated', 1, uuid(100)],
      ['PipelineUpdated', 2, uuid(100)],
      ['PipelineDeleted', undefined, uuid(100)],
      ['PipelineCreated', 1, uuid(200)],
      ['PipelineUpdated', 2, uuid(200)],
    ]);
  });

  test('record the normalised declaration', async () => {
    const reply = await send('CreatePipeline', {
      pipelineId: uuid(100),
      declaration: { pipeline: declaring({ version: 9 }), metadata: {} },
      tags: [{ key: 'team', value: 'shop' }],
    });
    expect(reply).toMatchObject({
      events: [
        { data: { version: 1, tags: [{ key: 'team', value: 'shop' }], declaration: { executionMode: 'SUPERSEDED' } } },
      ],
    });
    expect((await service.definitions.head('default', 'shop'))?.declaration).not.toHaveProperty('version');
  });

  test('repeated with the same id have their first answer, and happen once', async () => {
    await create(100);
    const data = { declaration: declaring(tagged('two')) };
    const first = await send('UpdatePipeline', data, uuid(7));
    await send('DeletePipeline', { name: 'shop' });
    expect(await send('UpdatePipeline', data, uuid(7))).toEqual(first);
    expect(await history()).toHaveLength(3);
  });

  test('that change nothing are accepted without a position', async () => {
    await create(100);
    expect(await update({})).toEqual({ accepted: true, events: [], position: undefined });
    expect(await send('DeletePipeline', { name: 'nobody' })).toEqual({
      accepted: true,
      events: [],
      position: undefined,
    });
  });

  test('of one project do not reach another', async () => {
    await create(100);
    const reply = await send('CreatePipeline', { pipelineId: uuid(300), declaration: declaring() }, uuid(50), 'other');
    expect(reply).toMatchObject({ accepted: true });
    expect(await history('other')).toEqual([['PipelineCreated', 1, uuid(300)]]);
  });

  test('at the same time: one creates, one conflicts, versions never repeat', async () => {
    const replies = await Promise.all([create(100), create(200)]);
    expect(replies.map(({ accepted }) => accepted).sort()).toEqual([false, true]);
    await Promise.all(['a', 'b', 'c', 'd'].map((description) => update(tagged(description))));
    expect((await history()).map(([, version]) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  test('are refused by their rules', async () => {
    expect(await update({})).toMatchObject({ code: 'PIPELINE_NOT_FOUND' });
    await create(100);
    expect(await create(200)).toMatchObject({ code: 'PIPELINE_NAME_IN_USE' });
    expect(await update(tagged('x'), { expectedVersion: 2 })).toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await update(tagged('x'), { name: 'other' })).toMatchObject({ code: 'PIPELINE_NAME_FIXED' });
    expect(await history()).toHaveLength(1);
  });

  test('with a wrong definition say everything that is wrong with it', async () => {
    const declaration = asJson(pipeline({ name: 'a b' }, stage('Deploy', files({ configuration: {} }))));
    expect(await send('CreatePipeline', { pipelineId: uuid(100), declaration })).toMatchObject({
      accepted: false,
      code: 'INVALID_DEFINITION',
      details: [{ path: 'name' }, { path: 'stages[1].actions[0].configuration.TargetDirectory' }],
    });
  });

  test.each<[string, JsonObject, string, readonly string[]]>([
    ['CreatePipeline', {}, 'INVALID_COMMAND', ['pipelineId', 'declaration']],
    ['CreatePipeline', { pipelineId: 'x', declaration: {} }, 'INVALID_COMMAND', ['pipelineId']],
    ['CreatePipeline', { pipelineId: uuid(1), declaration: declaring(), extra: 1 }, 'INVALID_COMMAND', ['']],
    [
      'CreatePipeline',
      { pipelineId: uuid(1), declaration: declaring(), tags: [{ key: '', value: '' }] },
      'INVALID_TAGS',
      ['tags[0].key'],
    ],
    ['UpdatePipeline', { declaration: declaring(), expectedVersion: 0 }, 'INVALID_COMMAND', ['expectedVersion']],
    ['DeletePipeline', { name: '../x' }, 'INVALID_COMMAND', ['name']],
    ['DeletePipeline', {}, 'INVALID_COMMAND', ['name']],
    ['PaintPipeline', {}, 'INVALID_COMMAND', []],
  ])('%s %j is refused as %s', async (type, data, code, paths) => {
    const reply = await send(type, data);
    expect(reply).toMatchObject({ accepted: false, code });
    expect((reply.accepted ? [] : (reply.details ?? [])).map(({ path }) => path)).toEqual(paths);
  });
});

describe('the definition reader', () => {
  async function twoCreations() {
    await create(100);
    await update(tagged('two'));
    await send('DeletePipeline', { name: 'shop' });
    await create(200, tagged('one'));
    for (let version = 2; version <= 25; version += 1) await update(tagged(`v${version}`));
  }

  test('knows the newest version, and nothing of a deleted pipeline', async () => {
    expect(await service.definitions.head('default', 'shop')).toBeUndefined();
    await create(100);
    await update(tagged('two'));
    expect(await service.definitions.head('default', 'shop')).toMatchObject({ pipelineId: uuid(100), version: 2 });
    await send('DeletePipeline', { name: 'shop' });
    expect(await service.definitions.head('default', 'shop')).toBeUndefined();
    expect(await service.definitions.version('default', 'shop', 1)).toBeUndefined();
  });

  test('finds any version, of the pipeline there is now unless another creation is named', async () => {
    await twoCreations();
    const { version } = service.definitions;
    expect(await version('default', 'shop', 2)).toMatchObject({
      pipelineId: uuid(200),
      version: 2,
      declaration: tagged('v2'),
    });
    expect(await version('default', 'shop', 25)).toMatchObject({ declaration: tagged('v25') });
    expect(await version('default', 'shop', 2, uuid(100))).toMatchObject({
      pipelineId: uuid(100),
      declaration: tagged('two'),
    });
    expect(await version('default', 'shop', 26)).toBeUndefined();
    expect(await version('default', 'shop', 3, uuid(100))).toBeUndefined();
    expect(await version('other', 'shop', 1)).toBeUndefined();
  });

  test('reads a version once', async () => {
    await twoCreations();
    let reads = 0;
    const counting: Pick<EventStore, 'readStream'> = {
      readStream: (stream, options?: ReadStreamOptions) => {
        reads += 1;
        return store.readStream(stream, options);
      },
    };
    const reader = definitionReader({ store: counting, cachedVersionsMax: 2 });
    const first = await reader.version('default', 'shop', 1, uuid(200));
    const cost = reads;
    expect(await reader.version('default', 'shop', 1, uuid(200))).toBe(first);
    expect(reads).toBe(cost);
    await reader.version('default', 'shop', 2, uuid(200));
    await reader.version('default', 'shop', 3, uuid(200));
    const before = reads;
    expect(await reader.version('default', 'shop', 1, uuid(200))).toEqual(first);
    expect(reads).toBeGreaterThan(before);
  });
});
