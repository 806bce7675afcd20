import { createHash } from 'node:crypto';
import { streams } from '@millrace/contracts';
import { House } from './testing/house.js';

const DAYS_90 = '2027-02-22T12:00:00.000Z';
const DAYS_91 = '2027-02-23T12:00:00.000Z';

const outline = (name: string, category: string, action = name) => ({
  name,
  actions: [{ name: action, runOrder: 1, actionTypeId: { category, owner: 'AWS', provider: 'Any', version: '1' } }],
});
const STARTED = {
  pipelineId: 'p1',
  pipelineName: 'shop',
  stages: [outline('Build', 'Build', 'Compile'), outline('Gate', 'Approval'), outline('Deploy', 'Deploy')],
};

let house: House;
let retention: { artifactDays?: number; logDays?: number } = {};

async function open(): Promise<void> {
  house = await House.open(retention);
}
afterEach(async () => {
  retention = {};
  await house.close();
});

const started = (executionId: string) => house.happened(executionId, 'ExecutionStarted', { ...STARTED, executionId });
const ended = (executionId: string) => house.happened(executionId, 'ExecutionFinished', { status: 'Succeeded' });
const finished = (executionId: string, stage: string, action: string, actionExecutionId: string) =>
  house.happened(executionId, 'ActionFinished', { stage, action, actionExecutionId, status: 'Succeeded' });

async function deployed(executionId: string, sha256: string, configuration = {}, status = 'Succeeded'): Promise<void> {
  const action = { stage: 'Deploy', action: 'Deploy', actionExecutionId: `deploy-${executionId}-${status}` };
  const [deploy] = outline('Deploy', 'Deploy').actions;
  const inputArtifacts = [{ name: 'App', sha256, bytes: 1 }];
  const data = { ...action, actionTypeId: deploy?.actionTypeId, work: 'job', configuration, inputArtifacts };
  await house.happened(executionId, 'ActionStarted', data);
  if (status !== 'InProgress') await house.happened(executionId, 'ActionFinished', { ...action, status });
}

async function sweptAt(instant: string): Promise<number> {
  await house.settled();
  await house.time.advanceTo(instant);
  const expired = await house.service.retention.sweep();
  await house.settled();
  return expired;
}

describe('recording an artifact', () => {
  beforeEach(open);

  test('is refused while its bytes are not stored, in their full length', async () => {
    const sha256 = await house.put('content');
    expect(await house.record('app', { sha256: 'ab'.repeat(32), bytes: 7 })).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
    expect(await house.record('app', { sha256, bytes: 8 })).toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    expect(await house.record('app', { sha256, bytes: 7 })).toMatchObject({ accepted: true });
  });

  test("is a fact of the execution's pipeline, though the upload names the execution alone", async () => {
    await started('e1');
    await house.upload('app', 'content');
    const { events } = await house.store.readStream(streams.artifact('default', 'app'));
    expect(events[0]?.metadata).toMatchObject({ pipelineId: 'p1', executionId: 'e1' });
  });
});

describe('the log of an action that has ended', () => {
  beforeEach(open);

  test('is closed, then recorded with its size and digest', async () => {
    await started('e1');
    await house.logs.append(house.log('a1'), 0, Buffer.from('hello\n'));
    await finished('e1', 'Build', 'Compile', 'a1');
    await house.until(async () => (await house.facts('log.a1')).length > 0);
    const { events } = await house.store.readStream(streams.artifact('default', 'log.a1'));
    expect(events).toMatchObject([
      {
        type: 'LogClosed',
        data: {
          executionId: 'e1',
          pipelineName: 'shop',
          stage: 'Build',
          action: 'Compile',
          actionExecutionId: 'a1',
          bytes: 6,
          sha256: createHash('sha256').update('hello\n').digest('hex'),
          dropped: 0,
        },
        metadata: { pipelineId: 'p1', executionId: 'e1', correlationId: 'request-1' },
      },
    ]);
    expect((await house.logs.state(house.log('a1'))).closed).toBe(true);
  });

  test('is not recorded when nothing was written', async () => {
    await started('e1');
    await finished('e1', 'Build', 'Compile', 'silent');
    await finished('e1', 'Build', 'Lint', 'a2');
    await house.settled();
    expect(await house.facts('log.silent')).toEqual([]);
    expect((await house.logs.state(house.log('silent'))).closed).toBe(true);
  });

  test('does not exist for an approval', async () => {
    await started('e1');
    await finished('e1', 'Gate', 'Gate', 'g1');
    await house.settled();
    expect(await house.facts('log.g1')).toEqual([]);
  });
});

describe('retention', () => {
  test('keeps what is 90 days old, lets go what is older, and removes its bytes', async () => {
    await open();
    await started('e1');
    const old = await house.upload('old', 'old');
    await ended('e1');
    await house.time.advance(1);
    const young = await house.upload('young', 'young');
    expect(await sweptAt(DAYS_90)).toBe(1);
    expect(await house.facts('old')).toEqual(['ArtifactStored', 'ArtifactExpired']);
    expect(await house.facts('young')).toEqual(['ArtifactStored']);
    expect([await house.isThere(old), await house.isThere(young)]).toEqual([false, true]);
  });

  test('counts artifacts and logs apart, and 0 days are for ever', async () => {
    retention = { artifactDays: 0, logDays: 1 };
    await open();
    await started('e1');
    const sha256 = await house.upload('app', 'app');
    await house.logs.append(house.log('a1'), 0, Buffer.from('hello\n'));
    await finished('e1', 'Build', 'Compile', 'a1');
    await ended('e1');
    expect(await sweptAt(DAYS_91)).toBe(1);
    expect(await house.facts('log.a1')).toEqual(['LogClosed', 'LogExpired']);
    expect((await house.logs.state(house.log('a1'))).bytes).toBe(0);
    expect(await house.isThere(sha256)).toBe(true);
  });

  test('removes shared bytes with the last artifact that consists of them', async () => {
    await open();
    const sha256 = await house.upload('first', 'same');
    await house.time.advance(60 * 60 * 1000);
    await house.upload('second', 'same', 'e2');
    expect(await sweptAt(DAYS_90)).toBe(1);
    expect(await house.facts('first')).toEqual(['ArtifactStored', 'ArtifactExpired']);
    expect(await house.isThere(sha256)).toBe(true);
    expect(await sweptAt(DAYS_91)).toBe(1);
    expect(await house.isThere(sha256)).toBe(false);
  });

  test('keeps the bytes for an artifact that is recorded while they are being removed', async () => {
    await open();
    const sha256 = await house.upload('old', 'same');
    await house.settled();
    await house.time.advanceTo(DAYS_91);
    const [, replies] = await Promise.all([
      house.service.retention.sweep(),
      Promise.all(
        Array.from({ length: 20 }, (_, index) => house.record(`new-${index}`, { sha256, bytes: 4, executionId: 'e2' })),
      ),
    ]);
    await house.settled();
    // Whoever came after the removal was told to send the bytes again; a fact without its bytes is what must not be.
    const recorded = replies.some(({ accepted }) => accepted);
    expect(await house.isThere(sha256)).toBe(recorded);
  });

  test('keeps what an execution that is under way may want yet', async () => {
    await open();
    await started('e1');
    await house.upload('app', 'app');
    expect(await sweptAt(DAYS_91)).toBe(0);
    await ended('e1');
    expect(await sweptAt(DAYS_91)).toBe(1);
  });

  test('keeps what is deployed, and how it came about', async () => {
    await open();
    await started('e1');
    const app = await house.upload('app', 'app');
    await house.upload('report', 'report');
    await house.logs.append(house.log('a1'), 0, Buffer.from('hello\n'));
    await finished('e1', 'Build', 'Compile', 'a1');
    await deployed('e1', app);
    await ended('e1');
    expect(await sweptAt(DAYS_91)).toBe(0);
  });

  test('keeps the bytes of a deployment that took them from another execution', async () => {
    await open();
    const app = await house.upload('app', 'app', 'e1');
    await started('e2');
    await deployed('e2', app);
    await ended('e2');
    expect(await sweptAt(DAYS_91)).toBe(0);
  });

  test('keeps as many releases as their target does, and never less than two', async () => {
    retention = { logDays: 0 };
    await open();
    for (const execution of ['e1', 'e2', 'e3', 'e4']) {
      await started(execution);
      const sha256 = await house.upload(execution, execution, execution);
      await deployed(execution, sha256, { KeepReleases: '3' });
      await ended(execution);
    }
    expect(await sweptAt(DAYS_91)).toBe(1);
    expect(await house.facts('e1')).toEqual(['ArtifactStored', 'ArtifactExpired']);
    await started('e5');
    const newest = await house.upload('e5', 'e5', 'e5');
    await deployed('e5', newest, { KeepReleases: '1' });
    await ended('e5');
    expect(await sweptAt(DAYS_91)).toBe(2);
    expect(await house.facts('e4')).toEqual(['ArtifactStored']);
  });

  test('does not take a failed deployment for a release', async () => {
    retention = { logDays: 0 };
    await open();
    await started('e1');
    const sha256 = await house.upload('app', 'app');
    await deployed('e1', sha256, {}, 'Failed');
    await ended('e1');
    expect(await sweptAt(DAYS_91)).toBe(1);
  });

  test('keeps what is being deployed', async () => {
    await open();
    const sha256 = await house.upload('app', 'app', 'e2');
    await deployed('e1', sha256, {}, 'InProgress');
    expect(await sweptAt(DAYS_91)).toBe(0);
  });

  test('sweeps by itself, a minute after the start and then once a day', async () => {
    retention = { artifactDays: 1 };
    await open();
    await house.upload('app', 'app');
    await house.settled();
    await house.time.advance(60_000);
    expect(await house.facts('app')).toEqual(['ArtifactStored']);
    await house.until(async () => house.time.armed === 1);
    await house.time.advance(24 * 60 * 60 * 1000);
    await house.until(async () => (await house.facts('app')).length === 2);
  });
});
