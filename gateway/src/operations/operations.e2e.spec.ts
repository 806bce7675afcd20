import { request } from 'node:http';
import { eventually } from '../testing/eventually.js';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

describe('operations', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness();
  });

  afterAll(() => here.stop());

  const bare = (path: string, headers: Record<string, string> = {}) => fetch(`${here.url}${path}`, { headers });

  test('says that it lives and is ready, to anyone', async () => {
    expect(await (await bare('/health/live')).json()).toEqual({ live: true });
    const ready = await bare('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, problems: [] }]);
  });

  test('shows to this machine how far everything has come', async () => {
    const position = await here.happen('measured');
    const value = async (name: string) =>
      (await (await bare('/metrics')).text())
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1);
    expect(await value('millrace_log_head_position')).toBe(String(position));
    await eventually(() => value('millrace_projection_position{projection="access.tokens.v1"}'), String(position));
    await eventually(() => value('millrace_projection_lag_events{projection="access.tokens.v1"}'), '0');
    expect(await value('millrace_jobs_leased')).toBe('1');
    expect(Number(await value('millrace_disk_bytes{state="available"}'))).toBeGreaterThan(1_000_000);
  });

  test('shows how late the event loop was', async () => {
    const metrics = async () => (await bare('/metrics')).text();
    await metrics();
    // Nothing else can happen in this process meanwhile. Of two samples after a scrape the first only says when the second began.
    for (let blocks = 0; blocks < 2; blocks += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(Number(/delay_seconds\{quantile="1"\} (\S+)/.exec(await metrics())?.[1])).toBeGreaterThan(0.1);
  });

  test('shows metrics to nobody behind a proxy without a token', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.7' };
    expect((await bare('/metrics', forwarded)).status).toBe(401);
    expect((await bare('/metrics', { ...forwarded, authorization: `Bearer ${here.adminToken}` })).status).toBe(200);
  });

  test('names what is not ready', async () => {
    await here.store.close();
    const ready = await bare('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, problems: [{ part: 'event store', problem: 'can’t be reached' }] },
    ]);
  });
});

describe('stopping', () => {
  test('ends long polls at once and answers them, and lets a transfer end', async () => {
    const here = await gatewayHarness();
    const lease = here.fetch('/runner/v1/lease', {
      method: 'POST',
      headers: { authorization: `Bearer ${here.runnerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        requestId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001',
        runnerId: 'r',
        labels: [],
        waitMs: 20_000,
      }),
    });
    await eventually(() => here.jobs.waiting(), 1);
    const started = Date.now();
    await here.stop();
    expect((await lease).status).toBe(200);
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  test('cuts off a client that keeps its connection and sends nothing', async () => {
    const here = await gatewayHarness();
    const silent = request(`${here.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${here.adminToken}`,
        'content-type': 'application/json',
        'content-length': '10',
      },
    });
    const broken = new Promise<void>((resolve) => silent.on('error', () => resolve()));
    silent.flushHeaders();
    await eventually(async () => (await here.fetch('/health/live')).status, 200);
    const started = Date.now();
    await here.stop();
    await broken;
    expect(Date.now() - started).toBeLessThan(8_000);
  }, 20_000);
});
