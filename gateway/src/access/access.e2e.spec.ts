import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../testing/eventually.js';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

describe('access', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness();
  });

  afterAll(() => here.stop());

  const as = (secret: string) => ({ authorization: `Bearer ${secret}` });

  test('the first start writes an admin token that only its owner can read', async () => {
    const path = join(here.directory, 'admin-token');
    expect((await readFile(path, 'utf8')).trim()).toBe(here.adminToken);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('keeps no secret: neither the log nor a view has it', async () => {
    const { secret } = await here.createToken('viewer');
    const random = secret.split('_').slice(2).join('_');
    const { events } = await here.store.readAll();
    expect(events.length).toBeGreaterThan(2);
    expect(JSON.stringify(events.map(({ data, metadata }) => ({ data, metadata })))).not.toContain(random);
  });

  test('knows who asks', async () => {
    const { secret } = await here.createToken('approver');
    const { data } = await here.graphql('{ viewer { role project actor { kind name } } }', {}, as(secret));
    expect(data).toEqual({
      viewer: { role: 'approver', project: 'default', actor: { kind: 'token', name: 'a approver' } },
    });
  });

  test.each([
    ['nothing', {}],
    ['an empty one', { authorization: '' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a token of nobody', { authorization: `Bearer mrt_${'0'.repeat(32)}_${'A'.repeat(43)}` }],
    ['a short secret', { authorization: 'Bearer mrt_00000000000000000000000000000000_x' }],
  ])('refuses %s as a credential', async (_what, headers: Record<string, string>) => {
    const response = await fetch(`${here.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { role } }"}',
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      code: 'UNAUTHENTICATED',
      message: expect.any(String),
      correlationId: response.headers.get('x-correlation-id'),
    });
  });

  test('refuses the right id with another secret', async () => {
    const [, id] = here.adminToken.split('_');
    const answer = await here.fetch('/graphql?query=%7Bviewer%7Brole%7D%7D', {
      headers: as(`mrt_${id}_${'A'.repeat(43)}`),
    });
    expect(answer.status).toBe(401);
  });

  test('a role that is too low gets a 403 and a code, and nothing happens', async () => {
    const { secret } = await here.createToken('developer');
    const before = await here.store.head();
    const answer = await here.graphql(
      'mutation { createToken(input: { name: "mine", role: admin }) { ... on TokenIssued { secret } } }',
      {},
      as(secret),
    );
    expect(answer.status).toBe(403);
    expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect(await here.store.head()).toEqual(before);
  });

  test('a runner reaches no graph', async () => {
    expect((await here.graphql('{ viewer { role } }', {}, as(here.runnerToken))).status).toBe(403);
  });

  test('a revocation counts when it is answered', async () => {
    const { id, secret } = await here.createToken('viewer');
    expect((await here.graphql('{ viewer { role } }', {}, as(secret))).status).toBe(200);
    const { data } = await here.graphql(
      'mutation ($id: ID!) { revokeToken(input: { id: $id }) { ... on TokenRevoked { id visible } } }',
      { id },
    );
    expect(data).toEqual({ revokeToken: { id, visible: true } });
    expect((await here.fetch('/graphql', { headers: as(secret) })).status).toBe(401);
  });

  test('a token expires', async () => {
    const { secret } = await here.createToken('viewer', new Date(Date.now() + 400).toISOString());
    expect((await here.graphql('{ viewer { role } }', {}, as(secret))).status).toBe(200);
    await eventually(async () => (await here.fetch('/graphql', { headers: as(secret) })).status, 401);
  });

  test('a repeated request makes one token and does not show its secret again', async () => {
    const input = { name: 'once', role: 'viewer', clientToken: 'a-client-token' };
    const create = () =>
      here.graphql(
        'mutation ($input: CreateTokenInput!) { createToken(input: $input) { ... on TokenIssued { id secret } } }',
        { input },
      );
    const first = (await create()).data?.['createToken'] as unknown as { id: string; secret: string };
    expect(first.secret).toMatch(/^mrt_/);
    expect((await create()).data).toEqual({ createToken: { id: first.id, secret: null } });
    const { data } = await here.graphql('{ tokens(first: 100) { nodes { id name } } }');
    const { nodes } = data?.['tokens'] as unknown as { nodes: { id: string; name: string }[] };
    expect(nodes.filter(({ name }) => name === 'once')).toEqual([{ id: first.id, name: 'once' }]);
  });

  test('lists tokens by name, page by page', async () => {
    const all = await here.graphql('{ tokens(first: 100) { nodes { id } pageInfo { hasNextPage } } }');
    const wanted = (all.data?.['tokens'] as unknown as { nodes: { id: string }[] }).nodes.map(({ id }) => id);
    const found: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await here.graphql(
        'query ($after: String) { tokens(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      const page = data?.['tokens'] as unknown as {
        nodes: { id: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      found.push(...page.nodes.map(({ id }) => id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(wanted);
  });

  test.each([['an unknown token', { id: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001' }, 'TOKEN_NOT_FOUND']])(
    'refuses to revoke %s as data',
    async (_what, input, code) => {
      const { data } = await here.graphql(
        'mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { ... on TokenRefused { code } } }',
        { input },
      );
      expect(data).toEqual({ revokeToken: { code } });
    },
  );

  test.each([
    ['a name of 101 characters', { name: 'x'.repeat(101), role: 'viewer' }],
    ['a name with control characters', { name: 'a\u0000b', role: 'viewer' }],
    ['an empty name', { name: '', role: 'viewer' }],
    ['a role that there is not', { name: 'x', role: 'root' }],
    ['no date', { name: 'x', role: 'viewer', expiresAt: 'tomorrow' }],
    ['an unknown member', { name: 'x', role: 'viewer', admin: true }],
    ['__proto__', JSON.parse('{"name":"x","role":"viewer","__proto__":{"a":1}}')],
  ])('refuses %s and says where', async (_what, input) => {
    const answer = await here.graphql(
      'mutation ($input: CreateTokenInput!) { createToken(input: $input) { __typename } }',
      { input },
    );
    expect(answer.data?.['createToken']).toBeUndefined();
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toMatch(/\n\s+at |node_modules|\.ts:|file:/);
  });
});

describe('access that was opened', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness({ auth: 'open' });
  });

  afterAll(() => here.stop());

  const ask = (headers: Record<string, string>) =>
    fetch(`${here.url}/graphql?query=${encodeURIComponent('{ viewer { role actor { kind name } } }')}`, {
      headers: { 'content-type': 'application/json', ...headers },
    });

  test('makes everyone on this machine an administrator named local', async () => {
    expect(await (await ask({})).json()).toEqual({
      data: { viewer: { role: 'admin', actor: { kind: 'person', name: 'local' } } },
    });
  });

  test('still knows tokens: a runner’s is a runner’s, a wrong one is nobody’s', async () => {
    expect((await ask({ authorization: `Bearer ${here.runnerToken}` })).status).toBe(403);
    expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
  });

  test('is not open to pages of other sites, nor to other names of this machine', async () => {
    expect((await ask({ origin: 'https://evil.example' })).status).toBe(403);
  });
});
