import { readFileSync } from 'node:fs';
import { buildASTSchema, parse, validate } from 'graphql';
import { LIMITS, limitRules } from '../graphql/limits.js';
import { readSchema } from '../graphql/schema-files.js';

const schema = buildASTSchema(parse(readSchema().join('\n')));

const documents = ['README.md', 'docs/graphql.md'].flatMap((page) => {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```graphql\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  return blocks.map((code) => ({ page, name: /\w+ \w+/.exec(code)?.[0] ?? '', code }));
});

describe('GraphQL of the documentation', () => {
  test('is there', () => expect(documents.length).toBeGreaterThanOrEqual(10));

  test.each(documents)('$page: $name is of this schema and within its limits', ({ code }) => {
    const document = parse(code, { maxTokens: LIMITS.tokensMax });
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
    expect(validate(schema, document, limitRules).map(({ message }) => message)).toEqual([]);
  });
});
