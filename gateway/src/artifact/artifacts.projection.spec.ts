import { at, foldAll, recorded } from '../views/testing/log.js';
import type { ArtifactDocument } from './artifact.document.js';
import { artifactsProjection } from './artifacts.projection.js';
import { toArtifact, toLogChunk } from './artifact.presenter.js';

const producer = { executionId: 'E1', pipelineName: 'shop', stage: 'Build', action: 'Make', actionExecutionId: 'A1' };
const stored = {
  category: 'artifact',
  event: {
    type: 'ArtifactStored',
    data: { ...producer, artifactId: 'P1', name: 'App', sha256: 'ab', bytes: 12 },
  },
} as const;
const expired = {
  category: 'artifact',
  event: { type: 'ArtifactExpired', data: { artifactId: 'P1', sha256: 'ab', bytes: 12, reason: 'older than 30 days' } },
} as const;
const closed = {
  category: 'artifact',
  event: { type: 'LogClosed', data: { ...producer, bytes: 1, sha256: 'cd', dropped: 0 } },
} as const;

test('an artifact that expired stays listed, without its bytes', () => {
  const before = foldAll<ArtifactDocument>(artifactsProjection, recorded([stored])).get('default/P1');
  expect(before && toArtifact(before)).toMatchObject({ id: 'P1', downloadPath: '/artifacts/P1', storedAt: at(0) });
  const after = foldAll<ArtifactDocument>(artifactsProjection, recorded([stored, expired])).get('default/P1');
  expect(after && toArtifact(after)).toMatchObject({
    downloadPath: null,
    expiredAt: at(1),
    expiredReason: 'older than 30 days',
  });
});

test('logs are not artifacts', () => {
  expect(foldAll(artifactsProjection, recorded([closed])).size).toBe(0);
});

describe('a part of a log', () => {
  const euro = Buffer.from('€€');
  const part = (bytes: Uint8Array, state: { bytes: number; closed: boolean }, offset = 0) =>
    toLogChunk(offset, { bytes, state });

  test('ends between characters; the rest comes with the next part', () => {
    expect(part(euro.subarray(0, 5), { bytes: 6, closed: false })).toEqual({
      offset: 0,
      nextOffset: 3,
      text: '€',
      end: false,
    });
    expect(part(euro.subarray(3), { bytes: 6, closed: true }, 3)).toEqual({
      offset: 3,
      nextOffset: 6,
      text: '€',
      end: true,
    });
  });

  test('a log that ends within a character is shown to its end', () => {
    expect(part(euro.subarray(0, 5), { bytes: 5, closed: true })).toMatchObject({ nextOffset: 5, end: true });
  });

  test('a limit smaller than a character still leads on', () => {
    expect(part(euro.subarray(0, 1), { bytes: 6, closed: true })).toMatchObject({ nextOffset: 1, end: false });
  });

  test('an open log that was read to its end is not at its end', () => {
    expect(part(new Uint8Array(0), { bytes: 6, closed: false }, 6)).toEqual({
      offset: 6,
      nextOffset: 6,
      text: '',
      end: false,
    });
  });
});
