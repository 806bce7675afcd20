import { deciderSpec } from '@millrace/decider/testing';
import type { SourceCommand, SourceEvent } from '@millrace/contracts/execution';
import { sourceDecider } from './source.decider.js';
import { ADA, NOON } from './testing/traffic.fixtures.js';

const given = deciderSpec(sourceDecider);
const target = { pipelineId: 'p1', pipelineName: 'shop', actionName: 'Src' };
const look = (revisionId: string, by: 'poll' | 'webhook' = 'poll'): SourceCommand => ({
  type: 'RecordLook',
  at: NOON,
  by: ADA,
  data: { ...target, by, revision: { revisionId }, commits: [] },
});
const fail = (message: string): SourceCommand => ({
  type: 'RecordLookFailure',
  at: NOON,
  by: ADA,
  data: { ...target, error: { code: 'ConfigurationError', message } },
});
const seen = (revisionId: string, previousRevisionId?: string): SourceEvent => ({
  type: 'RevisionSeen',
  data: {
    pipelineName: 'shop',
    actionName: 'Src',
    by: 'poll',
    revision: { revisionId },
    ...(previousRevisionId === undefined ? {} : { previousRevisionId }),
    commits: [],
  },
});

describe('RecordLook', () => {
  test('the first revision is seen', () => given().when(look('A')).then(seen('A')));
  test('what equals the cursor starts nothing, whoever saw it', () => {
    given(seen('A')).when(look('A')).then();
    given(seen('A')).when(look('A', 'webhook')).then();
  });
  test('A, B and A again are three revisions', () =>
    given(seen('A'), seen('B', 'A')).when(look('A')).then(seen('A', 'B')));
  test('a success after a failure is a recovery', () => {
    given(seen('A'))
      .after(fail('gone'))
      .when(look('A'))
      .then({ type: 'SourceRecovered', data: { pipelineName: 'shop', actionName: 'Src' } });
  });
});

describe('RecordLookFailure', () => {
  test('is told once', () => given().after(fail('gone')).when(fail('gone')).then());
  test('is told again when its reason changes', () => {
    given()
      .after(fail('gone'))
      .when(fail('denied'))
      .then(expect.objectContaining({ type: 'SourceFailing' }));
  });
});
