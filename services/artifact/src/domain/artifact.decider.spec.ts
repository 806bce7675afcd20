import { deciderSpec } from '@millrace/decider/testing';
import { artifactDecider } from './artifact.decider.js';
import {
  artifactStored,
  expireArtifact,
  expireLog,
  logClosed,
  recordArtifact,
  recordLogClosed,
  STORED,
} from './testing/artifact.fixtures.js';

const given = deciderSpec(artifactDecider);

describe('RecordArtifact', () => {
  test('records who stored what', () => {
    given().when(recordArtifact()).then(artifactStored());
  });

  test('changes nothing when the same is recorded again', () => {
    given(artifactStored()).when(recordArtifact()).then();
  });

  test('refuses other bytes under the same name of the same attempt', () => {
    given(artifactStored())
      .when(recordArtifact({ sha256: 'cc'.repeat(32) }))
      .thenRefused('ARTIFACT_DIFFERS');
    given(artifactStored())
      .when(recordArtifact({ bytes: 11 }))
      .thenRefused('ARTIFACT_DIFFERS');
  });

  test('does not bring back what has expired', () => {
    given(artifactStored()).after(expireArtifact()).when(recordArtifact()).then();
  });
});

describe('ExpireArtifact', () => {
  test('records what is gone, and why', () => {
    given(artifactStored())
      .when(expireArtifact('Older than 90 days.'))
      .then({
        type: 'ArtifactExpired',
        data: { artifactId: 'r1', sha256: STORED.sha256, bytes: 10, reason: 'Older than 90 days.' },
      });
  });

  test('happens once, and to what is there', () => {
    given(artifactStored()).after(expireArtifact()).when(expireArtifact()).then();
    given().when(expireArtifact()).thenRefused('ARTIFACT_NOT_FOUND');
  });
});

describe('RecordLogClosed', () => {
  test('records size and digest', () => {
    given()
      .when(recordLogClosed({ dropped: 5 }))
      .then(logClosed({ dropped: 5 }));
  });

  test('lets the first word stand', () => {
    given(logClosed())
      .when(recordLogClosed({ bytes: 21 }))
      .then();
    given(logClosed()).after(expireLog()).when(recordLogClosed()).then();
  });
});

describe('ExpireLog', () => {
  test('records what is gone, and why', () => {
    given(logClosed())
      .when(expireLog('Older than 90 days.'))
      .then({ type: 'LogExpired', data: { actionExecutionId: 'a1', bytes: 20, reason: 'Older than 90 days.' } });
  });

  test('happens once, and to what is closed', () => {
    given(logClosed()).after(expireLog()).when(expireLog()).then();
    given().when(expireLog()).thenRefused('LOG_NOT_FOUND');
  });
});
