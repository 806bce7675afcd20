import { request } from 'node:http';
import { connect } from 'node:net';
import { OPERATIONS } from '../access/operations.js';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

describe('http', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness({ allowedHosts: ['ci.example.org'] });
  });

  afterAll(() => here.stop());

  /** `fetch` sets Host and Origin itself. */
  function raw(
    path: string,
    headers: Record<string, string>,
  ): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(`${here.url}${path}`, { headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  test('the table of operations has every route, and no other', () => {
    const inTable = Object.keys(OPERATIONS).filter((operation) => operation.includes(' /'));
    expect(inTable.sort()).toEqual([...here.routes()].sort());
  });

  test('answers nobody without a token, whatever the method', async () => {
    expect((await fetch(`${here.url}/graphql`, { method: 'OPTIONS' })).status).toBe(401);
  });

  test.each(['evil.example', '127.0.0.1.evil.example:80', 'localhost:4000.evil.example'])(
    'refuses to be addressed as %s (DNS rebinding)',
    async (host) => {
      const { status, body } = await raw('/health/live', { host });
      expect(status).toBe(421);
      expect(JSON.parse(body)).toMatchObject({ code: 'FOREIGN_HOST' });
    },
  );

  test('takes a host that is configured', async () => {
    expect((await raw('/health/live', { host: 'ci.example.org' })).status).toBe(200);
  });

  test('refuses pages of other origins, also with a valid token', async () => {
    const headers = { origin: 'https://evil.example', authorization: `Bearer ${here.adminToken}` };
    expect((await raw('/graphql?query=%7Bviewer%7Brole%7D%7D', headers)).status).toBe(403);
  });

  test('sends the caller’s correlation id back, and none that could do harm', async () => {
    const id = (value: string) =>
      here
        .fetch('/health/live', { headers: { 'x-correlation-id': value } })
        .then(({ headers }) => headers.get('x-correlation-id'));
    expect(await id('my-id.1')).toBe('my-id.1');
    expect(await id('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('every answer carries the headers that keep it from becoming a page', async () => {
    for (const path of ['/health/live', '/nowhere', '/graphql']) {
      const { headers } = await here.fetch(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });

  test.each([
    ['an unknown path', '/nowhere', 404],
    ['a path that tries to leave', '/artifacts/..%2f..%2fadmin-token', 404],
    ['a malformed escape', '/artifacts/%E0%A4%A', 400],
    ['a long parameter', `/artifacts/${'a'.repeat(5_000)}`, 414],
  ])('answers %s with a code and a sentence', async (_what, path, status) => {
    const answer = await here.fetch(path);
    expect(answer.status).toBe(status);
    expect(Object.keys((await answer.json()) as object).sort()).toEqual(['code', 'correlationId', 'message']);
  });

  test.each([
    ['no JSON', '{', 400],
    ['__proto__', '{"query":"{viewer{role}}","__proto__":{"admin":true}}', 400],
    ['constructor.prototype', '{"query":"{viewer{role}}","constructor":{"prototype":{"admin":true}}}', 400],
    ['a list', '[]', 400],
    ['a number', '1', 400],
    ['null', 'null', 400],
    ['no query', '{}', 400],
    ['a query that is a list', '{"query":[1]}', 400],
    ['a query that is an object', '{"query":{"a":1}}', 400],
    ['variables that are text', '{"query":"{viewer{role}}","variables":"x"}', 400],
    ['a batch', '[{"query":"{viewer{role}}"}]', 400],
    ['an operation that is not there', '{"query":"query A {viewer{role}}","operationName":"B"}', 400],
    ['2 MB', JSON.stringify({ query: '{viewer{role}}', variables: { text: 'x'.repeat(2_000_000) } }), 413],
    ['10 MB', JSON.stringify({ query: `{viewer{role}}${' '.repeat(10_000_000)}` }), 413],
    ['a document of 65,537 characters', JSON.stringify({ query: '{viewer{role}}'.padEnd(65_537) }), 413],
    ['JSON 500,000 deep', `{"query":"{viewer{role}}","variables":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, 400],
    ['a document 30,000 deep', JSON.stringify({ query: '{a'.repeat(30_000) }), 400],
  ])('refuses %s as a body', async (_what, body, status) => {
    const answer = await here.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).not.toMatch(/\n\s+at |node_modules|stack|file:/);
    expect(text.length).toBeLessThan(5_000);
    expect((await here.fetch('/health/live')).status).toBe(200);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'refuses %s: a page could send it without asking',
    async (type) => {
      const answer = await here.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': type },
        body: 'query={viewer{role}}',
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    },
  );

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['100 kB of headers', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ])('answers %s like everything else', async (_what, bytes, status) => {
    const { hostname, port } = new URL(here.url);
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let received = '';
      socket.on('data', (part: Buffer) => (received += part.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(received));
    });
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const body = JSON.parse(text.slice(text.indexOf('{'))) as object;
    expect(Object.keys(body).sort()).toEqual(['code', 'correlationId', 'message']);
  });

  test('says of a body over 1 MiB, and of a document over 64 KiB, what is too large', async () => {
    const post = async (body: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await here.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
      return [answer.status, await answer.json()];
    };
    const query = '{viewer{role}}';
    expect(await post({ query, variables: { text: 'x'.repeat(2_000_000) } })).toEqual([
      413,
      { code: 'TOO_LARGE', message: expect.stringMatching(/larger/), correlationId: expect.any(String) },
    ]);
    expect(await post({ query, variables: { text: 'x'.repeat(1_000_000) } })).toEqual([
      200,
      { data: expect.anything() },
    ]);
    expect(await post({ query: query.padEnd(65_536) })).toEqual([200, { data: expect.anything() }]);
    expect(await post({ query: query.padEnd(65_537) })).toEqual([
      413,
      { code: 'DOCUMENT_TOO_LARGE', message: expect.stringMatching(/variables/), correlationId: expect.any(String) },
    ]);
  });

  test('tells ten errors of a document and no more: each is looked up line by line', async () => {
    const unknown = 'role(a: 1) '.repeat(100);
    const { status, errors } = await here.graphql(`{${'\n'.repeat(60_000)}viewer{${unknown}}}`);
    expect(status).toBe(400);
    expect(errors?.length).toBeLessThanOrEqual(11);
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('does not change anything by GET', async () => {
    const query = encodeURIComponent(
      'mutation { revokeToken(input: { id: "0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001" }) { __typename } }',
    );
    const answer = await here.fetch(`/graphql?query=${query}`, { headers: { 'apollo-require-preflight': 'x' } });
    expect(answer.status).toBe(405);
  });
});
