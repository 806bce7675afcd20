import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

describe('bad input to GraphQL', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness();
  });

  afterAll(() => here.stop());

  const TOKEN = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { __typename } }';
  const deep = (levels: number): unknown => (levels === 0 ? 'x' : { a: deep(levels - 1) });

  test.each([
    [
      'null for a required argument, by a variable with a default',
      'query ($id: ID = "x") { execution(id: $id) { id } }',
      { id: null },
    ],
    ['a missing variable', 'query ($id: ID!) { execution(id: $id) { id } }', {}],
    ['a variable of another type', 'query ($id: ID!) { execution(id: $id) { id } }', { id: { a: 1 } }],
    ['a literal of another type', '{ pipelines(first: "many") { nodes { name } } }', {}],
    ['a number that is no Int', '{ pipelines(first: 99999999999) { nodes { name } } }', {}],
    ['a negative page', '{ pipelines(first: -1) { nodes { name } } }', {}],
    ['a page of 101', '{ pipelines(first: 101) { nodes { name } } }', {}],
    ['a page of none', '{ pipelines(first: 0) { nodes { name } } }', {}],
    ['a cursor that is none', '{ pipelines(after: "\\u0000") { nodes { name } } }', {}],
    ['a cursor of another list', '{ executions(after: "eyJhIjoxfQ") { nodes { id } } }', {}],
    [
      'a position of another log',
      '{ pipelines(minPosition: "0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001.1") { nodes { name } } }',
      {},
    ],
    ['an unknown enum value', '{ executions(status: Flying) { nodes { id } } }', {}],
    ['a subscription', 'subscription { pipelinesChanged { __typename } }', {}],
    ['an unknown field', '{ viewer { password } }', {}],
    ['an unknown argument', '{ viewer(as: "root") { role } }', {}],
    ['an unknown directive', '{ viewer @eval(code: "1") { role } }', {}],
    ['text for an object', TOKEN, { input: 'x' }],
    ['a list for an object', TOKEN, { input: [] }],
    ['a name of 101 characters', TOKEN, { input: { name: 'x'.repeat(101), role: 'viewer' } }],
    ['a definition 10,000 deep', 'query ($d: JSON) { validatePipeline(definition: $d) { ok } }', { d: deep(3_000) }],
    [
      'an offset beyond 2^53',
      '{ log(executionId: "x", actionExecutionId: "y", offset: 9007199254740993) { text } }',
      {},
    ],
  ])('refuses %s with a code and a sentence', async (_what, query, variables) => {
    const answer = await here.graphql(query, variables);
    expect(answer.status).toBeLessThan(500);
    expect(answer.errors?.[0]?.extensions.code).not.toBe('INTERNAL');
    expect(answer.errors?.[0]?.message).toMatch(/\w{3,}/);
    expect(answer.text).not.toMatch(/\n\s+at |node_modules|\.ts:|file:|SQLITE/);
  });

  test.each(['__proto__', 'constructor', '../../etc', 'a b', '', 'x'.repeat(10_000), '💥'])(
    'finds nothing under the name %p, and breaks nothing',
    async (name) => {
      for (const [query, variables] of [
        ['query ($n: String!) { pipeline(name: $n) { name } }', { n: name }],
        ['query ($n: ID!) { execution(id: $n) { id } }', { n: name }],
        ['query ($n: ID!) { artifact(id: $n) { id } }', { n: name }],
        ['query ($n: ID!) { log(executionId: $n, actionExecutionId: $n) { text } }', { n: name }],
      ] as const) {
        const answer = await here.graphql(query, variables);
        expect(answer.status).toBeLessThan(500);
        expect(answer.errors?.[0]?.extensions.code ?? 'BAD_USER_INPUT').toBe('BAD_USER_INPUT');
        expect(Object.values(answer.data ?? {}).filter((found) => found !== null)).toEqual([]);
      }
    },
  );

  test('nothing of this was a defect', () => {
    expect(here.logged).toEqual([]);
  });
});
