import { buildASTSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import { LIMITS, limitRules } from './limits.js';
import { readSchema } from './schema-files.js';

const schema = buildASTSchema(parse(readSchema().join('\n')));
const findings = (query: string) =>
  validate(schema, parse(query, { maxTokens: LIMITS.tokensMax }), [...specifiedRules, ...limitRules]).map(
    ({ message }) => message,
  );

test('allows the introspection query of tools', () => {
  expect(findings(getIntrospectionQuery())).toEqual([]);
});

test('refuses introspection that goes round in circles', () => {
  const circles =
    '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }';
  expect(findings(circles).join()).toMatch(/introspection depth/i);
});

test('refuses 51 aliases and allows 20 root fields', () => {
  const viewers = (count: number) =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: viewer { role }`).join(' ')} }`;
  expect(findings(viewers(20))).toEqual([]);
  expect(findings(viewers(21)).join()).toMatch('21 root fields');
  expect(findings(viewers(51)).join()).toMatch('51 aliases');
});

test('counts aliases and cost through fragments', () => {
  const nested = Array.from(
    { length: 30 },
    (_, index) => `fragment F${index} on Viewer { ...F${index + 1} ...F${index + 1} }`,
  ).join(' ');
  const bomb = `{ viewer { ...F0 } } ${nested} fragment F30 on Viewer { role }`;
  expect(findings(bomb).join()).toMatch(/may resolve \d+ fields/);
});

test('ends at a fragment inside itself', () => {
  expect(findings('{ viewer { ...F } } fragment F on Viewer { role ...F }').join()).toMatch('Cannot spread fragment');
});

test('counts pages inside pages by their size', () => {
  const tokens = (first: string) =>
    `query ($n: Int) { ${Array.from({ length: 10 }, (_, i) => `t${i}: tokens(first: ${first}) { nodes { ${'id name role createdAt '.repeat(15)} } }`).join(' ')} a: viewer { role } } `;
  expect(findings(tokens('10').replace('query ($n: Int)', 'query'))).toEqual([]);
  expect(findings(tokens('100').replace('query ($n: Int)', 'query')).join()).toMatch('may resolve');
  expect(findings(tokens('$n')).join()).toMatch('may resolve');
});

test('refuses 16 fields inside each other', () => {
  const deep = (depth: number) =>
    `{ viewer { actor ${'{ onBehalfOf '.repeat(depth - 3)}{ id }${' }'.repeat(depth - 3)} } }`;
  expect(findings(deep(15))).toEqual([]);
  expect(findings(deep(16)).join()).toMatch('16 fields deep');
});

test('refuses more tokens than allowed before anything else', () => {
  expect(() => findings(`{ ${'viewer { role } '.repeat(1_000)} }`)).toThrow(/1000 tokens/);
});
