import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import type { JobGrant } from '@millrace/contracts/runner';
import { streams } from '@millrace/contracts';
import { uuidV5 } from '@millrace/decider';
import { eventually } from '../testing/eventually.js';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

const JOB = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001';
const ATTEMPT = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a002';
const EXECUTION = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a003';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const grant = (changes: Partial<JobGrant> = {}): JobGrant => ({
  kind: 'action',
  active: true,
  project: 'default',
  jobId: JOB,
  pipelineId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a004',
  pipelineName: 'shop',
  executionId: EXECUTION,
  stageName: 'Build',
  actionName: 'compile',
  actionExecutionId: ATTEMPT,
  inputArtifacts: [],
  outputArtifacts: [{ name: 'App' }],
  ...changes,
});

describe('the runner API', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness({ artifactBytesMax: 20_000_000 });
    here.jobs.grantTo('job-token', grant());
  });

  afterAll(() => here.stop());

  const runner = (path: string, body: unknown, init: RequestInit = {}) =>
    here.fetch(`/runner/v1/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      ...init,
      headers: { authorization: `Bearer ${here.runnerToken}`, 'content-type': 'application/json' },
    });
  const job = (path: string, init: RequestInit = {}) =>
    here.fetch(`/runner/v1/jobs/${JOB}/${path}`, {
      ...init,
      headers: { authorization: 'Bearer job-token', ...(init.headers as Record<string, string>) },
    });
  const report = (result: unknown) =>
    job('report', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ nonce: 'n', result }),
    });
  const put = (bytes: Buffer, headers: Record<string, string> = {}, name = 'App') =>
    job(`artifacts/${name}`, {
      method: 'PUT',
      body: bytes as Uint8Array<ArrayBuffer>,
      headers: { 'x-content-sha256': sha256(bytes), 'content-type': 'application/zip', ...headers },
    });
  const lease = (changes: object = {}) => ({
    requestId: JOB,
    runnerId: 'r1',
    labels: ['linux'],
    waitMs: 0,
    ...changes,
  });

  describe('lease', () => {
    test('asks for a job in the runner’s name', async () => {
      const answer = await runner('lease', lease());
      expect([answer.status, await answer.json()]).toEqual([200, {}]);
      expect(here.jobs.leases.at(-1)).toMatchObject({
        project: 'default',
        runner: { kind: 'runner', name: 'runner' },
        request: { labels: ['linux'] },
      });
    });

    test('is for runners only', async () => {
      const answer = await here.fetch('/runner/v1/lease', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(lease()),
      });
      expect(answer.status).toBe(403);
    });

    test('stops waiting at once when the runner has gone', async () => {
      const leaving = new AbortController();
      const asked = runner('lease', lease({ waitMs: 20_000 }), { signal: leaving.signal });
      await eventually(() => here.jobs.waiting(), 1);
      leaving.abort();
      await expect(asked).rejects.toThrow();
      await eventually(() => here.jobs.waiting(), 0);
    });

    test('ends when the runner’s token is revoked: a void token gets no job, nor a heartbeat', async () => {
      const { id, secret } = await here.createToken('runner');
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const post = (path: string, body: object) =>
        here.fetch(`/runner/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const asked = [
        post('lease', lease({ waitMs: 20_000 })),
        post('heartbeat', { runnerId: 'r1', jobs: [], waitMs: 20_000 }),
      ];
      await eventually(() => here.jobs.waiting(), 2);
      const started = Date.now();
      await here.graphql('mutation ($id: ID!) { revokeToken(input: { id: $id }) { __typename } }', { id });
      for (const answer of await Promise.all(asked)) {
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
      }
      expect(Date.now() - started).toBeLessThan(10_000);
      expect(here.jobs.waiting()).toBe(0);
    });

    test.each([
      ['an unknown member', lease({ more: 1 })],
      ['a wrong type', lease({ labels: 'linux' })],
      ['a missing member', { requestId: JOB }],
      ['too long a wait', lease({ waitMs: 20_001 })],
      ['51 labels', lease({ labels: Array.from({ length: 51 }, (_, index) => `l${index}`) })],
      ['null', null],
      ['a list', []],
    ])('refuses %s and says where', async (_what, body) => {
      const answer = await runner('lease', body);
      expect(answer.status).toBe(400);
      expect(Object.keys((await answer.json()) as object).sort()).toEqual(['code', 'correlationId', 'message']);
    });

    test('refuses __proto__', async () => {
      const body = JSON.stringify(lease()).replace('{', '{"__proto__":{"labels":[]},');
      expect((await runner('lease', {}, { body })).status).toBe(400);
    });

    test('refuses 2 MB', async () => {
      expect((await runner('lease', lease({ more: 'x'.repeat(2_000_000) }))).status).toBe(413);
    });
  });

  describe('a job’s token', () => {
    test('reaches that job and no other', async () => {
      const other = await here.fetch('/runner/v1/jobs/0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a009/log?offset=0', {
        method: 'PUT',
        body: 'x',
        headers: { authorization: 'Bearer job-token' },
      });
      expect(other.status).toBe(404);
    });

    test('reaches nothing of another job that there is: log, artifacts, report', async () => {
      const otherId = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a019';
      const input = Buffer.from('secret of another job');
      await here.objects.put('default', Readable.from([input]), { sha256: sha256(input), size: input.length });
      const inputArtifacts = [{ name: 'App', sha256: sha256(input), bytes: input.length }];
      here.jobs.grantTo('other', grant({ jobId: otherId, actionExecutionId: otherId, inputArtifacts }));
      const reach = (token: string, path: string, init: RequestInit) =>
        here.fetch(`/runner/v1/jobs/${otherId}/${path}`, {
          ...init,
          headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
        });
      const json = { 'content-type': 'application/json' };
      const requests: [string, RequestInit][] = [
        ['artifacts/App', {}],
        ['log?offset=0', { method: 'PUT', body: 'forged' }],
        ['artifacts/App', { method: 'PUT', body: 'x', headers: { 'x-content-sha256': sha256(Buffer.from('x')) } }],
        ['report', { method: 'POST', headers: json, body: '{"nonce":"n","result":{"status":"cancelled"}}' }],
      ];
      const before = await here.store.head();
      for (const [path, init] of requests) {
        const answer = await reach('job-token', path, init);
        expect([path, answer.status, (await answer.json()) as object]).toMatchObject([
          path,
          404,
          { code: 'NOT_FOUND' },
        ]);
      }
      expect(await here.store.head()).toEqual(before);
      expect(here.jobs.reports).toEqual([]);
      expect(await here.objects.stat('default', sha256(Buffer.from('x')))).toBeUndefined();
      // The very same requests are good ones: with the other job's token.
      for (const [path, init] of requests) expect((await reach('other', path, init)).status).toBe(200);
      here.jobs.reports.pop();
    });

    test('reaches no bytes once the attempt is over, but its report is answered', async () => {
      here.jobs.grantTo('late', grant({ active: false }));
      const late = { headers: { authorization: 'Bearer late' } };
      for (const answer of [
        await job('log?offset=0', { method: 'PUT', body: 'x', ...late }),
        await job('artifacts/App', late),
      ]) {
        expect(answer.status).toBe(409);
        expect(await answer.json()).toMatchObject({ code: 'STALE_ATTEMPT' });
      }
      const body = JSON.stringify({ nonce: 'late', result: { status: 'cancelled' } });
      const headers = { authorization: 'Bearer late', 'content-type': 'application/json' };
      expect((await job('report', { method: 'POST', body, headers })).status).toBe(200);
      here.jobs.reports.pop();
    });

    test('is no person’s token', async () => {
      expect((await here.fetch('/graphql', { headers: { authorization: 'Bearer job-token' } })).status).toBe(401);
    });

    test.each([
      ['the runner’s own', () => here.runnerToken],
      ['an administrator’s', () => here.adminToken],
    ])('%s token is none', async (_whose, token) => {
      const answer = await job('log?offset=0', {
        method: 'PUT',
        body: 'x',
        headers: { authorization: `Bearer ${token()}` },
      });
      expect(answer.status).toBe(401);
    });

    test('must be shown', async () => {
      const answer = await fetch(`${here.url}/runner/v1/jobs/${JOB}/log?offset=0`, { method: 'PUT', body: 'x' });
      expect(answer.status).toBe(401);
    });
  });

  describe('log', () => {
    const append = (offset: string | number, body: string) => job(`log?offset=${offset}`, { method: 'PUT', body });

    test('appends by offset, absorbs a repeat, and names the size at a gap', async () => {
      expect(await (await append(0, 'hello ')).json()).toEqual({ size: 6 });
      expect(await (await append(6, 'world\n')).json()).toEqual({ size: 12 });
      expect(await (await append(6, 'world\n')).json()).toEqual({ size: 12 });
      const gap = await append(20, 'lost');
      expect(gap.status).toBe(409);
      expect(gap.headers.get('x-log-size')).toBe('12');
      expect(await gap.json()).toMatchObject({ code: 'LOG_GAP', message: expect.stringContaining('12 bytes') });
    });

    test('takes JSON as the bytes that it is', async () => {
      const log = { project: 'default', executionId: EXECUTION, actionExecutionId: ATTEMPT };
      const { bytes } = await here.logs.state(log);
      const answer = await job(`log?offset=${bytes}`, {
        method: 'PUT',
        body: '{"a":1}',
        headers: { 'content-type': 'application/json' },
      });
      expect(await answer.json()).toEqual({ size: bytes + 7 });
    });

    test.each(['-1', '1.5', 'x', '', '1e999', '99999999999999999999'])('refuses the offset %p', async (offset) => {
      expect((await append(offset, 'x')).status).toBe(400);
    });

    test('refuses a chunk over 1 MiB', async () => {
      expect((await append(0, 'x'.repeat(1_048_577))).status).toBe(413);
    });

    test('is there for people, from any offset', async () => {
      const whole = await here.fetch(`/logs/${EXECUTION}/${ATTEMPT}`);
      expect(whole.headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f-]+\.log"$/);
      expect(await whole.text()).toMatch(/^hello world\n/);
      expect(await (await here.fetch(`/logs/${EXECUTION}/${ATTEMPT}?offset=6`)).text()).toMatch(/^world\n/);
      expect((await here.fetch(`/logs/${EXECUTION}/${ATTEMPT}?offset=-1`)).status).toBe(400);
      expect((await here.fetch(`/logs/${EXECUTION}/${JOB}`)).status).toBe(404);
      expect((await here.fetch('/logs/x/y')).status).toBe(404);
    });
  });

  describe('artifacts', () => {
    const bytes = Buffer.alloc(5_000_000, 'artifact ');

    test('are verified, stored and recorded; a repeat changes nothing; people can take them', async () => {
      const answer = await put(bytes);
      expect([answer.status, await answer.json()]).toEqual([200, { sha256: sha256(bytes), bytes: bytes.length }]);
      expect((await put(bytes)).status).toBe(200);
      const artifactId = uuidV5(ATTEMPT, 'App');
      const { events } = await here.store.readStream(streams.artifact('default', artifactId));
      expect(events.map(({ type, data }) => [type, data['name'], data['sha256'], data['pipelineName']])).toEqual([
        ['ArtifactStored', 'App', sha256(bytes), 'shop'],
      ]);

      const download = await here.fetch(`/artifacts/${artifactId}`);
      expect(download.headers.get('content-disposition')).toMatch(
        /^attachment; filename="shop-App-[0-9a-f]{12}\.zip"$/,
      );
      expect(sha256(new Uint8Array(await download.arrayBuffer()))).toBe(sha256(bytes));
      expect((await here.fetch(`/artifacts/${ATTEMPT}`)).status).toBe(404);
    });

    test('another digest than announced leaves nothing behind', async () => {
      const other = Buffer.from('other bytes');
      const answer = await put(other, { 'x-content-sha256': '0'.repeat(64) });
      expect([answer.status, (await answer.json()) as object]).toMatchObject([422, { code: 'CONTENT_DIFFERS' }]);
      expect(await here.objects.stat('default', sha256(other))).toBeUndefined();
      expect(await here.objects.stat('default', '0'.repeat(64))).toBeUndefined();
    });

    test.each([
      ['a name that the action does not make', { name: 'Other', headers: {} }, 404],
      ['a name that is none', { name: '..%2fx', headers: {} }, 400],
      ['no digest', { name: 'App', headers: { 'x-content-sha256': '' } }, 400],
      ['a digest in capitals', { name: 'App', headers: { 'x-content-sha256': 'A'.repeat(64) } }, 400],
    ])('refuses %s', async (_what, { name, headers }, status) => {
      expect((await put(Buffer.from('x'), headers, name)).status).toBe(status);
    });

    test('refuses more than the configured size before a byte is read', async () => {
      expect((await put(Buffer.alloc(20_000_001))).status).toBe(413);
    });

    test('a connection that breaks leaves nothing behind', async () => {
      const digest = sha256(Buffer.from('never whole'));
      await new Promise<void>((resolve) => {
        const sent = request(`${here.url}/runner/v1/jobs/${JOB}/artifacts/App`, {
          method: 'PUT',
          headers: { authorization: 'Bearer job-token', 'content-length': '1000', 'x-content-sha256': digest },
        });
        sent.on('error', () => resolve());
        sent.write('a part', () => sent.destroy(new Error('gone')));
      });
      expect((await here.fetch('/health/live')).status).toBe(200);
      expect(await here.objects.stat('default', digest)).toBeUndefined();
    });

    test('input artifacts reach their job only', async () => {
      const inputs = [{ name: 'App', sha256: sha256(bytes), bytes: bytes.length }];
      here.jobs.grantTo('reader', grant({ inputArtifacts: inputs, outputArtifacts: [] }));
      const answer = await job('artifacts/App', { headers: { authorization: 'Bearer reader' } });
      expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(bytes));
      expect((await job('artifacts/App')).status).toBe(404);
    });
  });

  describe('report', () => {
    const stored = Buffer.alloc(5_000_000, 'artifact ');

    test('is refused when it names an artifact that is not stored', async () => {
      const artifact = { name: 'App', sha256: '1'.repeat(64), bytes: 3 };
      const answer = await report({ status: 'succeeded', outputArtifacts: [artifact] });
      expect([answer.status, (await answer.json()) as object]).toMatchObject([409, { code: 'ARTIFACT_NOT_STORED' }]);
      expect(here.jobs.reports).toHaveLength(0);
    });

    test('is taken when all are stored', async () => {
      const artifact = { name: 'App', sha256: sha256(stored), bytes: stored.length };
      const answer = await report({ status: 'succeeded', outputArtifacts: [artifact] });
      expect([answer.status, await answer.json()]).toEqual([200, { recorded: true }]);
      expect(here.jobs.reports.at(-1)).toMatchObject({ grant: { jobId: JOB }, report: { nonce: 'n' } });
    });

    test('of an attempt that is over is a 409', async () => {
      here.jobs.refuseReports('STALE_ATTEMPT');
      const answer = await report({ status: 'failed', code: 'JobFailed', message: 'exit code 1' });
      expect([answer.status, (await answer.json()) as object]).toMatchObject([409, { code: 'STALE_ATTEMPT' }]);
    });
  });

  test('nothing of this was a defect', () => {
    expect(here.logged.filter((line) => line.includes('defect'))).toEqual([]);
  });
});
