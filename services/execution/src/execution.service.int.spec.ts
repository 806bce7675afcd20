import type { ExecutionEvent } from '@millrace/contracts/execution';
import { action, admitted, shop, source, world } from './testing/world.js';

const finished = (event: ExecutionEvent) => event.type === 'ExecutionFinished';
const definition = shop(
  ['Source', source('Src')],
  ['Build', action('compile'), action('lint')],
  ['Deploy', action('release')],
);

describe('the execution service on real engines', () => {
  let here: Awaited<ReturnType<typeof world>>;

  beforeEach(async () => {
    here = await world({ leaseTermMs: 1_000 });
  });

  afterEach(async () => {
    await here.stop();
    await here.remove();
  });

  /** Definitions without polling start by themselves; that first execution is worked off. */
  async function defined() {
    await here.define(definition);
    await here.work(4);
  }

  test('runs a change through all stages, each action leased and reported', async () => {
    await defined();
    const executionId = admitted(await here.start());
    await here.work(4);
    expect(await here.until(executionId, finished)).toMatchObject({ data: { status: 'Succeeded' } });
    const types = (await here.events(executionId)).map(({ type }) => type);
    expect(types.filter((type) => type === 'JobLeased')).toHaveLength(4);
    expect(types.at(-1)).toBe('StageVacated');
  });

  test('a start that is repeated, by command or by token, starts nothing new', async () => {
    await defined();
    const data = {
      pipelineName: 'shop',
      clientToken: 'again',
      trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
      variables: [],
      sourceRevisions: [],
    };
    const commandId = '33333333-3333-4333-8333-333333333333';
    const first = admitted(await here.send('traffic', 'StartExecution', data, { commandId }));
    const again = admitted(await here.send('traffic', 'StartExecution', data, { commandId }));
    expect(again).toBe(first);
    await here.until(first, ({ type }) => type === 'ExecutionStarted');
    expect(await here.send('traffic', 'StartExecution', data)).toMatchObject({ accepted: true, events: [] });
  });

  test('a failed action fails the execution; a retry runs it again and goes on', async () => {
    await defined();
    const executionId = admitted(await here.start());
    await here.work(1);
    const jobs = [await here.lease(), await here.lease()];
    for (const job of jobs)
      if (job !== undefined)
        await here.report(
          job,
          job.actionName === 'lint'
            ? { status: 'failed', code: 'JobFailed', message: 'exit code 1' }
            : { status: 'succeeded' },
        );
    await here.until(executionId, finished);
    const retry = { pipelineName: 'shop', executionId, stage: 'Build', mode: 'FAILED_ACTIONS' };
    let reply = await here.send('traffic', 'RetryStage', retry);
    for (let tries = 0; !reply.accepted && tries < 50; tries += 1)
      reply = await here.send('traffic', 'RetryStage', retry);
    expect(reply).toMatchObject({ accepted: true });
    const again = await here.lease();
    expect(again).toMatchObject({ actionName: 'lint' });
    if (again !== undefined) await here.report(again);
    await here.work(1);
    await here.until(
      executionId,
      (event) => finished(event) && event.type === 'ExecutionFinished' && event.data.status === 'Succeeded',
    );
  });

  test('the same lease request gets the same job, another gets another', async () => {
    await defined();
    await here.start();
    await here.work(1);
    const requestId = '22222222-2222-4222-8222-222222222222';
    const first = await here.lease(requestId);
    const again = await here.lease(requestId);
    const other = await here.lease();
    expect(again).toEqual({ ...first, timeoutMs: expect.any(Number) });
    expect(other?.jobId).not.toBe(first?.jobId);
  });

  test('a runner that is not heard of loses its job, and its late report is refused', async () => {
    await defined();
    const executionId = admitted(await here.start());
    const job = await here.lease();
    await here.until(executionId, ({ type }) => type === 'JobLost');
    await here.until(executionId, finished);
    if (job === undefined) throw new Error('no job');
    expect(await here.report(job)).toMatchObject({ accepted: false, code: 'STALE_ATTEMPT' });
  });

  test('a repeated report is answered as the first time', async () => {
    await defined();
    await here.start();
    const job = await here.lease();
    if (job === undefined) throw new Error('no job');
    expect(await here.report(job)).toEqual({ accepted: true, value: { recorded: true } });
    expect(await here.report(job)).toEqual({ accepted: true, value: { recorded: true } });
  });

  test('abandoning tells the runner at once; the stage is free when it confirms', async () => {
    await defined();
    const executionId = admitted(await here.start());
    const job = await here.lease();
    if (job === undefined) throw new Error('no job');
    const beat = here.service.runnerJobs.heartbeat(
      { kind: 'runner', id: 'r1', name: 'r1', issuer: 'millrace' },
      'default',
      { runnerId: 'r1', jobs: [{ jobId: job.jobId, nonce: job.nonce }], waitMs: 10_000 },
      new AbortController().signal,
    );
    await here.send('execution', 'StopExecution', { abandon: true, reason: 'wrong' }, { executionId });
    expect(await beat).toMatchObject({ jobs: [{ directive: 'cancel' }] });
    const next = admitted(await here.start());
    await here.report(job, { status: 'cancelled' });
    await here.until(next, ({ type }) => type === 'StageStarted');
  });

  test('an update cancels what runs by the old definition', async () => {
    await defined();
    const executionId = admitted(await here.start());
    await here.until(executionId, ({ type }) => type === 'JobOffered');
    await here.define(definition, 2);
    expect(await here.until(executionId, finished)).toMatchObject({
      data: { status: 'Cancelled', summary: 'Pipeline definition was updated' },
    });
  });

  test('a look leads to an execution of exactly the revision that was seen', async () => {
    await here.define(
      shop(
        ['Source', source('Src', { PollForSourceChanges: 'true', PollIntervalSeconds: '1' })],
        ['Deploy', action('release')],
      ),
    );
    const look = await here.lease();
    expect(look).toMatchObject({ kind: 'look', actionName: 'Src' });
    if (look === undefined) throw new Error('no look');
    await here.report(look, { status: 'looked', revision: { revisionId: 'abc' } });
    const job = await here.lease();
    expect(job).toMatchObject({
      kind: 'action',
      revision: 'abc',
      trigger: { type: 'PollForSourceChanges', detail: 'Src' },
    });
  });

  test('goes on after a restart: offered jobs are offered, leased ones keep their lease, waiting ones wait', async () => {
    await defined();
    const first = admitted(await here.start());
    const leased = await here.lease();
    const second = admitted(await here.start());
    await here.until(second, ({ type }) => type === 'ExecutionStarted');
    const again = await here.restart();
    try {
      if (leased === undefined) throw new Error('no job');
      await again.report(leased);
      await again.until(second, ({ type }) => type === 'StageStarted');
      await again.work(7);
      expect(await again.until(first, finished)).toMatchObject({
        data: { status: expect.stringMatching(/Succeeded|Superseded/) },
      });
      expect(await again.until(second, finished)).toMatchObject({ data: { status: 'Succeeded' } });
    } finally {
      here = { ...here, stop: again.stop, remove: again.remove };
    }
  });
});
