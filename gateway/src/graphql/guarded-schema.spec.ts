import { buildSchema, graphql, type GraphQLSchema } from 'graphql';
import type { Role } from '@millrace/decider';
import type { RequestContext } from '../ports.js';
import { guardRootFields, rootOperations } from './guarded-schema.js';

function schema(fields = 'pipelines: String nobodyKnows: String'): GraphQLSchema {
  const made = buildSchema(`type Query { ${fields} } type Mutation { createToken: String }`);
  for (const type of [made.getQueryType(), made.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {})) field.resolve = () => 'answered';
  return made;
}

const ask = (source: string, role: Role) =>
  graphql({ schema: guardRootFields(schema()), source, contextValue: { viewer: { role } } as RequestContext });

test('names every root field', () => {
  expect(rootOperations(schema())).toEqual(['Query.pipelines', 'Query.nobodyKnows', 'Mutation.createToken']);
});

test('lets through whom the table lets through', async () => {
  expect((await ask('{ pipelines }', 'viewer')).data).toEqual({ pipelines: 'answered' });
  expect((await ask('mutation { createToken }', 'admin')).data).toEqual({ createToken: 'answered' });
});

test('refuses whom the table refuses, under any alias and through fragments', async () => {
  for (const source of [
    'mutation { createToken }',
    'mutation { pipelines: createToken }',
    'mutation { ...F } fragment F on Mutation { createToken }',
  ]) {
    const { errors } = await ask(source, 'approver');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', http: { status: 403 } });
  }
});

test('refuses to everybody what is not in the table', async () => {
  expect((await ask('{ nobodyKnows }', 'admin')).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
});

test('does not start with a root field that nothing answers', () => {
  expect(() => guardRootFields(buildSchema('type Query { pipelines: String }'))).toThrow(
    'No resolver answers Query.pipelines.',
  );
});
