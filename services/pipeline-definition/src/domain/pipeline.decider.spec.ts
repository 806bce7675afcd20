import type { Actor } from '@millrace/decider';
import { deciderSpec } from '@millrace/decider/testing';
import type { PipelineDeclaration, PipelineEvent } from '@millrace/contracts/pipeline-definition';
import { pipelineDecider, type PipelineDecisionCommand } from './pipeline.decider.js';
import { files, pipeline, stage, type Declared } from './testing/declarations.js';
import { validateDeclaration } from './validate-declaration.js';

const NOON = '2026-11-24T12:00:00.000Z';
const ada: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
const FIRST = '00000000-0000-5000-8000-000000000001';
const SECOND = '00000000-0000-5000-8000-000000000002';

function declared(changes: Declared = {}): PipelineDeclaration {
  const validation = validateDeclaration(pipeline(changes));
  if (!validation.ok) throw new Error(JSON.stringify(validation.violations));
  return validation.declaration;
}

const original = declared();
const changed = declared({ stages: [(pipeline()['stages'] as Declared[])[0], stage('Ship', files())] });

const create = (pipelineId = FIRST): PipelineDecisionCommand => ({
  type: 'CreatePipeline',
  data: { pipelineId, declaration: original, tags: [{ key: 'team', value: 'shop' }] },
  at: NOON,
  by: ada,
});
const update = (
  declaration: PipelineDeclaration,
  { pipelineId = FIRST, ...expected }: { pipelineId?: string; expectedVersion?: number } = {},
): PipelineDecisionCommand => ({
  type: 'UpdatePipeline',
  data: { pipelineId, declaration, ...expected },
  at: NOON,
  by: ada,
});
const remove = (pipelineId: string | undefined = FIRST): PipelineDecisionCommand => ({
  type: 'DeletePipeline',
  data: { pipelineId },
  at: NOON,
  by: ada,
});

const created = (pipelineId = FIRST): PipelineEvent => ({
  type: 'PipelineCreated',
  data: {
    pipelineId,
    name: 'shop',
    version: 1,
    declaration: original,
    tags: [{ key: 'team', value: 'shop' }],
    createdAt: NOON,
  },
});
const updated = (version: number, declaration: PipelineDeclaration): PipelineEvent => ({
  type: 'PipelineUpdated',
  data: { pipelineId: FIRST, name: 'shop', version, previousVersion: version - 1, declaration, updatedAt: NOON },
});
const deleted: PipelineEvent = { type: 'PipelineDeleted', data: { pipelineId: FIRST, name: 'shop', deletedAt: NOON } };

const given = deciderSpec(pipelineDecider);

describe('CreatePipeline', () => {
  test('creates version 1', () => given().when(create()).then(created()));

  test('is refused while the name is in use', () => {
    given(created()).when(create(SECOND)).thenRefused('PIPELINE_NAME_IN_USE');
    given(created(), updated(2, changed)).when(create(SECOND)).thenRefused('PIPELINE_NAME_IN_USE');
  });

  test('of a name that was deleted begins at version 1 with an id of its own', () => {
    given(created(), updated(2, changed), deleted).when(create(SECOND)).then(created(SECOND));
  });
});

describe('UpdatePipeline', () => {
  test('counts the version up', () => {
    given(created()).when(update(changed)).then(updated(2, changed));
    given(created(), updated(2, changed)).when(update(original)).then(updated(3, original));
  });

  test('changes nothing when the structure is the same, whatever the order of members', () => {
    const reordered = JSON.parse(
      JSON.stringify({ ...Object.fromEntries(Object.entries(original).reverse()) }),
    ) as PipelineDeclaration;
    given(created()).when(update(reordered)).then();
  });

  test('is refused without a pipeline', () => {
    given().when(update(changed)).thenRefused('PIPELINE_NOT_FOUND');
    given(created(), deleted).when(update(changed)).thenRefused('PIPELINE_NOT_FOUND');
  });

  test('is refused unless the version is the expected one', () => {
    given(created())
      .when(update(changed, { expectedVersion: 2 }))
      .thenRefused('VERSION_CONFLICT');
    given(created(), updated(2, changed))
      .when(update(original, { expectedVersion: 1 }))
      .thenRefused('VERSION_CONFLICT');
    given(created())
      .when(update(changed, { expectedVersion: 1 }))
      .then(updated(2, changed));
  });

  test('is refused when the pipeline is another one by now', () => {
    given(created(), deleted, created(SECOND)).when(update(changed)).thenRefused('PIPELINE_REPLACED');
  });
});

describe('DeletePipeline', () => {
  test('deletes', () => given(created()).when(remove()).then(deleted));

  test('is content when there is nothing to delete', () => {
    given().when(remove(undefined)).then();
    given(created(), deleted).when(remove()).then();
  });

  test('never deletes a pipeline that was created in the meantime', () => {
    given(created(), deleted, created(SECOND)).when(remove()).thenRefused('PIPELINE_REPLACED');
  });
});
