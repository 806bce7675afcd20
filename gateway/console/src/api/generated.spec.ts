import { readFileSync } from 'node:fs';
import { GENERATED, generate } from '../../scripts/generate-operations.js';

test('the types of the operations are those of the schema (else: npm run generate)', () => {
  expect(readFileSync(GENERATED, 'utf8')).toBe(generate());
});
