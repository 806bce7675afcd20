import { House, commandsType, eventually } from './testing/house.js';
import { existsSync, readFileSync } from 'node:fs';
import { startRunner } from './runner.js';

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(async () => {
  await house.close();
});

const offer = (...commands: string[]): string =>
  house.controlPlane.offerAction({ actionTypeId: commandsType, commands });

describe('a runner', () => {
  test('does a job, streams its log and reports', async () => {
    await house.startRunner();
    const jobId = offer('echo hello');
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'succeeded' });
    expect(house.controlPlane.log(jobId)).toBe('[millrace] $ echo hello\nhello\n');
  });

  test('whose directory can not be made says so', async () => {
    await expect(house.startRunner({ directory: '/proc/nope/runner' })).rejects.toThrow(
      "Its directory /proc/nope/runner can't be made (ENOENT). Choose one that this user may write.",
    );
  });

  test('does the job once when the answer to the lease is lost', async () => {
    house.controlPlane.loseLeaseAnswers = 2;
    await house.startRunner({ slots: 1 });
    const marker = house.path('marker');
    const jobId = offer(`echo once >> ${marker}`);
    await house.controlPlane.result(jobId);
    expect(readFileSync(marker, 'utf8')).toBe('once\n');
    const [first, second, third] = house.controlPlane.leaseRequests;
    expect([second, third]).toEqual([first, first]);
    expect(house.controlPlane.leaseRequests[3]).not.toBe(first);
  });

  test('repeats a report whose answer is lost', async () => {
    house.controlPlane.loseReportAnswers = 1;
    await house.startRunner({ slots: 1 });
    const first = offer('true');
    await house.controlPlane.result(first);
    const second = offer('true');
    expect(await house.controlPlane.result(second)).toMatchObject({ status: 'succeeded' });
  });

  test('ends a cancelled job within 2 s and says so', async () => {
    await house.startRunner();
    const jobId = offer('sleep 60');
    await house.controlPlane.until(() => house.controlPlane.attempt(jobId).renewals > 0);
    const startedMs = Date.now();
    house.controlPlane.direct(jobId, 'cancel');
    expect(await house.controlPlane.result(jobId)).toEqual({ status: 'cancelled' });
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  test('ends a forgotten job without a word', async () => {
    const runner = await house.startRunner({ slots: 1 });
    const jobId = offer('sleep 60');
    await house.controlPlane.until(() => house.controlPlane.attempt(jobId).renewals > 0);
    house.controlPlane.direct(jobId, 'forget');
    const next = offer('true');
    await house.controlPlane.result(next);
    expect(house.controlPlane.attempt(jobId).report).toBeUndefined();
    await runner.stop();
  });

  test('goes on working while the control plane is away, and reports when it is back', async () => {
    const runner = await house.startRunner();
    const release = house.path('release');
    const jobId = offer('echo before', `until [ -e ${release} ]; do sleep 0.05; done`, 'echo after');
    await house.controlPlane.until(() => house.controlPlane.log(jobId).includes('before\n'));
    await house.controlPlane.goAway();
    house.write('release', '');
    await eventually(() => existsSync(house.path('runner', 'jobs', jobId, 'result.json')));
    await house.controlPlane.comeBack();
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'succeeded' });
    expect(house.controlPlane.log(jobId)).toContain('after\n');
    await runner.stop();
  });

  test('keeps a result over its own restart', async () => {
    const runner = await house.startRunner();
    const release = house.path('release');
    const jobId = offer(`until [ -e ${release} ]; do sleep 0.05; done`, 'echo done');
    await house.controlPlane.until(() => house.controlPlane.log(jobId).includes('[millrace]'));
    await house.controlPlane.goAway();
    house.write('release', '');
    await eventually(() => existsSync(house.path('runner', 'jobs', jobId, 'result.json')));
    await runner.stop();
    await house.controlPlane.comeBack();
    await house.startRunner();
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'succeeded' });
    expect(house.controlPlane.log(jobId)).toContain('done\n');
  });

  test('drops the result of an attempt that is over', async () => {
    const runner = await house.startRunner({ slots: 1 });
    const release = house.path('release');
    const jobId = offer(`until [ -e ${release} ]; do sleep 0.05; done`);
    await house.controlPlane.until(() => house.controlPlane.attempt(jobId).renewals > 0);
    await house.controlPlane.goAway();
    house.write('release', '');
    await eventually(() => existsSync(house.path('runner', 'jobs', jobId, 'result.json')));
    house.controlPlane.direct(jobId, 'forget');
    await house.controlPlane.comeBack();
    await house.controlPlane.result(offer('true'));
    expect(house.controlPlane.attempt(jobId).report).toBeUndefined();
    await eventually(() => !existsSync(house.path('runner', 'jobs', jobId)));
    await runner.stop();
  });

  test('an input artifact that is gone fails the action with what the control plane says', async () => {
    await house.startRunner();
    const inputArtifacts = [{ name: 'Gone', sha256: '0'.repeat(64), bytes: 1 }];
    const jobId = house.controlPlane.offerAction({ actionTypeId: commandsType, commands: ['true'], inputArtifacts });
    expect(await house.controlPlane.result(jobId)).toMatchObject({
      status: 'failed',
      message: 'The control plane refused: No such artifact.',
    });
  });

  test('an input artifact that arrives damaged fails the action', async () => {
    await house.startRunner();
    const inputArtifacts = [{ name: 'App', sha256: '0'.repeat(64), bytes: 10_000 }];
    const inputs = { App: await house.archive({ a: 'a' }) };
    const jobId = house.controlPlane.offerAction({
      actionTypeId: commandsType,
      commands: ['true'],
      inputs,
      inputArtifacts,
    });
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'failed', code: 'SystemUnavailable' });
  });

  test('takes no more jobs than it has slots', async () => {
    await house.startRunner({ slots: 2 });
    const release = house.path('release');
    const jobs = [1, 2, 3].map(() => offer(`until [ -e ${release} ]; do sleep 0.05; done`));
    await house.controlPlane.until(() => jobs.slice(0, 2).every((jobId) => house.controlPlane.log(jobId) !== ''));
    expect(house.controlPlane.log(jobs[2] ?? '')).toBe('');
    expect(house.controlPlane.leaseRequests).toHaveLength(2);
    house.write('release', '');
    for (const jobId of jobs) expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'succeeded' });
  });

  test('refuses a directory that another runner uses', async () => {
    await house.startRunner();
    await expect(house.startRunner()).rejects.toThrow(/Another runner uses/);
  });

  test('ends by itself after its patience without a control plane', async () => {
    await house.controlPlane.goAway();
    const runner = await house.startRunner({ offlinePatienceMs: 200 });
    expect(await runner.ended).toBe('offline');
  });
});

describe('an orderly stop', () => {
  test('hands builds back', async () => {
    const runner = await house.startRunner();
    const jobId = offer('sleep 60');
    await house.controlPlane.until(() => house.controlPlane.log(jobId) !== '');
    const startedMs = Date.now();
    await runner.stop();
    expect(Date.now() - startedMs).toBeLessThan(5_000);
    expect(await house.controlPlane.result(jobId)).toMatchObject({ status: 'returned' });
  });

  test('hands back a job whose lease was answered at that very moment', async () => {
    house.controlPlane.loseLeaseAnswers = 1_000;
    const runner = await house.startRunner();
    const jobId = offer('true');
    await house.controlPlane.until(() => house.controlPlane.leaseRequests.length > 1);
    house.controlPlane.loseLeaseAnswers = 0;
    await runner.stop();
    expect(['returned', 'succeeded']).toContain((await house.controlPlane.result(jobId)).status);
  });
});

test('a token that is not accepted is named in the log', async () => {
  const messages: string[] = [];
  const note = (fields: object, message: string): void => void messages.push(`${message} ${JSON.stringify(fields)}`);
  const runner = await startRunner({
    url: house.controlPlane.url,
    token: 'wrong',
    directory: house.path('other'),
    logger: { info: note, warn: note, error: note },
    environment: process.env,
  });
  await eventually(() => messages.some((message) => message.includes('UNAUTHENTICATED')));
  await runner.stop();
});
