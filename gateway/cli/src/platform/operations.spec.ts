import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, getOperationAST, parse, validate, type ValidationRule } from 'graphql';
import { operations } from './operation.js';
import './access.js';
import './approvals.js';
import './artifacts.js';
import './executions.js';
import './operations.js';
import './pipelines.js';

// The gateway's own files, not its package: what a client may send is told by them, and nothing else of the gateway is needed here.
const gateway = join(import.meta.dirname, '../../../src');
const directory = join(gateway, 'schema');
const { limitRules } = (await import(join(gateway, 'graphql/limits.ts'))) as {
  readonly limitRules: readonly ValidationRule[];
};
const schema = buildSchema(
  globSync('*.graphql', { cwd: directory })
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('\n'),
);

test('there are operations of each kind', () => {
  expect(new Set(operations.map(({ kind }) => kind))).toEqual(new Set(['query', 'mutation', 'subscription']));
});

test.each(operations)('$name is what the gateway knows, within its limits', ({ text, name }) => {
  const document = parse(text);
  expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
  expect(validate(schema, document, limitRules).map(({ message }) => message)).toEqual([]);
  expect(getOperationAST(document, name)?.name?.value).toBe(name);
});

test.each(operations.filter(({ kind }) => kind === 'mutation'))('$name takes a client token', ({ text }) => {
  const [, type = ''] = /\$input: (\w+)!/.exec(text) ?? [];
  expect(schema.getType(type)?.toConfig()).toMatchObject({ fields: { clientToken: expect.anything() } });
});
