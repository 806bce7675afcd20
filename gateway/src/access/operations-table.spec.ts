import { buildASTSchema, parse } from 'graphql';
import { rootOperations } from '../graphql/guarded-schema.js';
import { readSchema } from '../graphql/schema-files.js';
import { OPERATIONS } from './operations.js';

test('the table has every root field of the schema, and no other', () => {
  const schema = buildASTSchema(parse(readSchema().join('\n')));
  const inTable = Object.keys(OPERATIONS).filter((operation) => /^(Query|Mutation|Subscription)\./.test(operation));
  expect(inTable.sort()).toEqual([...rootOperations(schema)].sort());
});
