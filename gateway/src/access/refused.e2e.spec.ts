import { request } from 'node:http';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';
import { OPERATIONS } from './operations.js';

const ID = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001';
const ROLES = ['viewer', 'developer', 'approver', 'admin'] as const;

/** A well-formed input of every mutation: what is refused is refused for who asks. */
const INPUTS: Readonly<Record<string, string>> = {
  createPipeline: 'text: "{}"',
  updatePipeline: 'text: "{}"',
  deletePipeline: 'name: "shop"',
  startExecution: 'pipeline: "shop"',
  stopExecution: `executionId: "${ID}"`,
  retryStage: `pipeline: "shop", executionId: "${ID}", stage: "Test", mode: ALL_ACTIONS`,
  lookAtSource: 'pipeline: "shop"',
  castVote: `token: "${ID}", result: Approved`,
  enableTransition: 'pipeline: "shop", stage: "Test"',
  disableTransition: 'pipeline: "shop", stage: "Test", reason: "x"',
  createToken: 'name: "mine", role: admin',
  revokeToken: `id: "${ID}"`,
  rebuildProjection: 'name: "tokens"',
  retryParked: `id: "${ID}"`,
  dropParked: `id: "${ID}"`,
};
const field = (name: string): string => `${name}(input: { ${INPUTS[name] ?? ''} }) { __typename }`;

const MUTATIONS = Object.keys(OPERATIONS).flatMap((operation) =>
  operation.startsWith('Mutation.') ? [operation.slice('Mutation.'.length)] : [],
);
const TOO_LOW = ROLES.flatMap((role) =>
  MUTATIONS.filter(
    (name) => ROLES.indexOf(role) < ROLES.indexOf(OPERATIONS[`Mutation.${name}`] as (typeof ROLES)[number]),
  ).map((name) => [role, name] as const),
);

describe('who may not, does not', () => {
  let here: Harness;
  const secrets = new Map<string, string>();

  beforeAll(async () => {
    here = await gatewayHarness();
    for (const role of ROLES) secrets.set(role, (await here.createToken(role)).secret);
  });

  afterAll(() => here.stop());

  const as = (role: string) => ({ authorization: `Bearer ${secrets.get(role)}` });

  test.each(TOO_LOW)('a %s, by HTTP: %s', async (role, name) => {
    const before = await here.store.head();
    const answer = await here.graphql(`mutation { ${field(name)} }`, {}, as(role));
    expect([answer.status, answer.errors?.map(({ extensions }) => extensions.code)]).toEqual([403, ['FORBIDDEN']]);
    expect(answer.data?.[name]).toBeUndefined();
    expect(await here.store.head()).toEqual(before);
  });

  test.each(MUTATIONS)('anybody, by socket: %s', async (name) => {
    const before = await here.store.head();
    const client = here.socket(as('admin'));
    const error = await new Promise((resolve) =>
      client.subscribe(
        { query: `mutation { ${field(name)} }` },
        { next: resolve, error: resolve, complete: () => resolve(undefined) },
      ),
    );
    expect(error).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_REQUEST' }) })]);
    expect(await here.store.head()).toEqual(before);
  });

  test.each([
    ['an alias', `mutation { viewer: ${field('createToken')} }`],
    ['a fragment', `mutation { ...F } fragment F on Mutation { ${field('createToken')} }`],
    ['an inline fragment', `mutation { ... on Mutation { ... @include(if: true) { ${field('createToken')} } } }`],
    ['a second operation', `query A { viewer { role } } mutation B { ${field('createToken')} }`],
  ])('a viewer, behind %s', async (_what, query) => {
    const before = await here.store.head();
    const answer = await here.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as('viewer') },
      body: JSON.stringify({ query, operationName: query.startsWith('query') ? 'B' : undefined }),
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('"FORBIDDEN"');
    expect(await here.store.head()).toEqual(before);
  });

  test('what one may do stays done when what one may not do stands beside it', async () => {
    const answer = await here.graphql('{ viewer { role } tokens(first: 1) { nodes { name } } }', {}, as('approver'));
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.data ?? null)).not.toContain('nodes');
  });

  test.each(['/graphql?query=%7Bviewer%7Brole%7D%7D', `/logs/${ID}/${ID}`, `/artifacts/${ID}`])(
    'a runner, at %s',
    async (path) => {
      const headers = { authorization: `Bearer ${here.runnerToken}`, 'apollo-require-preflight': 'x' };
      expect((await here.fetch(path, { headers })).status).toBe(403);
    },
  );

  describe('who comes under a foreign name, or from a foreign page, even with a good token', () => {
    /** `fetch` sets Host itself. */
    const send = (method: string, path: string, headers: Record<string, string>) =>
      new Promise<{ readonly status: number; readonly code: unknown }>((resolve, reject) => {
        const sent = request(`${here.url}${path}`, { method, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            const { code } = JSON.parse(Buffer.concat(parts).toString()) as { readonly code: unknown };
            resolve({ status: response.statusCode ?? 0, code });
          });
        });
        sent.on('error', reject);
        sent.end(method === 'POST' ? '{}' : undefined);
      });

    const paths = Object.keys(OPERATIONS)
      .filter((operation) => operation.includes(' /'))
      .map((operation) => operation.split(' ') as [string, string])
      .map(([method, path]) => [method, path.replace(/:\w+/g, ID)] as const);

    test.each(paths)('%s %s', async (method, path) => {
      const token = path.includes('/runner/') ? here.runnerToken : here.adminToken;
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const own = new URL(here.url).host;
      for (const host of ['evil.example', `${own}.evil.example`, `evil.example:${new URL(here.url).port}`, 'a@b'])
        expect(await send(method, path, { ...headers, host })).toEqual({ status: 421, code: 'FOREIGN_HOST' });
      for (const origin of ['https://evil.example', 'null', `http://${own}.evil.example`, `http://127.0.0.1:1`])
        expect(await send(method, path, { ...headers, origin })).toEqual({ status: 403, code: 'FOREIGN_ORIGIN' });
    });
  });

  test('nothing of this was a defect', () => {
    expect(here.logged).toEqual([]);
  });
});
