import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

describe('/session', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness();
  });

  afterAll(async () => {
    expect(here.logged).toEqual([]);
    await here.stop();
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${here.url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? '';
  const viewer = async (cookie: string) => {
    const response = await fetch(`${here.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: '{"query":"{ viewer { role actor { name } mutations expiresAt } }"}',
    });
    const body = (await response.json()) as { readonly data?: { readonly viewer: Record<string, unknown> } };
    return { status: response.status, viewer: body.data?.viewer };
  };

  test('a token opens a session of its role, with an end, in a cookie that no script reads', async () => {
    const { secret } = await here.createToken('developer');
    const response = await post({ token: secret });
    expect(response.status).toBe(204);
    const cookie = response.headers.get('set-cookie') ?? '';
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200']) expect(cookie).toContain(part);
    expect(cookie).not.toContain('Secure');
    // What was shown is not what the browser keeps.
    expect(cookie).not.toContain(secret);
    const seen = await viewer(cookieOf(response));
    expect(seen.viewer).toMatchObject({ role: 'developer', actor: { name: 'a developer (browser)' } });
    expect(seen.viewer?.['mutations']).toContain('startExecution');
    expect(seen.viewer?.['mutations']).not.toContain('castVote');
    expect(Date.parse(String(seen.viewer?.['expiresAt'])) - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
  });

  test('it outlives the gateway, and ends with the signing out: the socket too', async () => {
    const cookie = cookieOf(await post({ token: here.adminToken }));
    await here.restartGateway();
    expect((await viewer(cookie)).status).toBe(200);
    const client = here.socket({}, { cookie });
    const closed = new Promise((resolve) => client.on('closed', resolve));
    client.subscribe(
      { query: 'subscription { approvalsChanged { id } }' },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    await new Promise((resolve) => client.on('connected', resolve));
    const out = await fetch(`${here.url}/session`, { method: 'DELETE', headers: { cookie } });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('millrace-session=; Max-Age=0');
    expect(await closed).toMatchObject({ code: 4401 });
    expect((await viewer(cookie)).status).toBe(401);
    expect((await viewer(`millrace-session=${here.adminToken}`)).status).toBe(200);
  });

  test('a page that came over https gets its cookie over https alone', async () => {
    const origin = here.url.replace('http:', 'https:');
    expect((await post({ token: here.adminToken }, { origin })).headers.get('set-cookie')).toContain('; Secure');
  });

  test.each([
    ['no JSON', 'token', 400],
    ['a list', '[]', 400],
    ['both', '{"token":"x","code":"y"}', 400],
    ['something else', '{"password":"x"}', 400],
    ['a number', '{"token":1}', 400],
    ['a wrong token', '{"token":"mrt_x"}', 401],
    ['a wrong code', '{"code":"x"}', 401],
    ['a long one', `{"code":"${'x'.repeat(2_000)}"}`, 413],
  ])('%s is refused', async (_what, body, status) => {
    const response = await post(body);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([status, null]);
  });

  test('a runner’s token sees nothing', async () => {
    expect((await post({ token: here.runnerToken })).status).toBe(403);
  });

  test('who is not signed in may sign out: a browser forgets what it has', async () => {
    const out = await fetch(`${here.url}/session`, {
      method: 'DELETE',
      headers: { cookie: 'millrace-session=mrt_stale' },
    });
    expect(out.status).toBe(204);
  });
});
