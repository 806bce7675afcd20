import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, getOperationAST, parse, validate, type ValidationRule } from 'graphql';
import * as access from './access.js';
import * as approvals from './approvals.js';
import * as artifacts from './artifacts.js';
import * as executions from './executions.js';
import type { Operation } from './operation.js';
import * as installation from './operations.js';
import * as pipelines from './pipelines.js';

const operations = [access, approvals, artifacts, executions, installation, pipelines].flatMap((module) =>
  Object.values(module).filter(
    (value): value is Operation<unknown, unknown> => typeof value === 'object' && 'kind' in value && 'text' in value,
  ),
);

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
