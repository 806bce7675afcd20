import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildASTSchema, parse, validate } from 'graphql';
import { LIMITS, limitRules } from '../../../src/graphql/limits.js';
import * as generated from './generated/operations.js';

const GATEWAY = join(import.meta.dirname, '../../../src');
const files = globSync('**/*.graphql', { cwd: GATEWAY });
const schema = buildASTSchema(parse(files.map((file) => readFileSync(join(GATEWAY, file), 'utf8')).join('\n')));

test.each(Object.entries(generated))('%s is within the limits of the API', (_name, { text }) => {
  const document = parse(text, { maxTokens: LIMITS.tokensMax });
  expect(validate(schema, document, limitRules).map(({ message }) => message)).toEqual([]);
});
