import { GraphQLError, parse } from 'graphql';
import { OperationalError } from '@millrace/runtime';
import { maskError } from './format-error.js';
import { badInput, PublicError } from './public-error.js';

const SECRET = 'SQLITE_ERROR: no such table: secrets at /var/lib/millrace/log.sqlite (password=hunter2)';
const logged: { readonly fields: object; readonly sentence: string }[] = [];
const keep = (fields: object, sentence: string): void => void logged.push({ fields, sentence });
const logger = { debug: keep, info: keep, warn: keep, error: keep };
const mask = (error: unknown) => maskError(error, 'correlation-1', logger);
const thrown = (originalError: Error) =>
  new GraphQLError(originalError.message, { path: ['pipelines'], originalError });

beforeEach(() => (logged.length = 0));

test.each([
  ['a driver’s error', thrown(new Error(SECRET))],
  [
    'an error that carries extensions',
    thrown(Object.assign(new Error(SECRET), { extensions: { code: 'X', query: SECRET } })),
  ],
  ['a GraphQL error that nobody made public', new GraphQLError(SECRET, { extensions: { sql: SECRET } })],
  [
    'one that imitates a refusal of the document',
    thrown(new GraphQLError(SECRET, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })),
  ],
  ['a text that was thrown', SECRET],
  ['nothing', undefined],
])('masks %s and logs it', (_what, error) => {
  const masked = mask(error);
  expect(JSON.stringify(masked)).not.toContain('hunter2');
  expect(masked.extensions).toEqual({ code: 'INTERNAL', correlationId: 'correlation-1' });
  expect(logged).toHaveLength(1);
});

test('masks an engine’s fault as one that may be tried again', () => {
  const masked = mask(thrown(new OperationalError(SECRET, { retryable: true, code: 'STORE_FULL' })));
  expect(masked.extensions).toEqual({ code: 'STORE_FULL', correlationId: 'correlation-1' });
  expect(masked.message).not.toContain('hunter2');
});

test('shows what was made public, and where', () => {
  expect(mask(thrown(new PublicError('NOT_YET_VISIBLE', 'Ask again.', 503)))).toEqual({
    message: 'Ask again.',
    path: ['pipelines'],
    extensions: { code: 'NOT_YET_VISIBLE', correlationId: 'correlation-1' },
  });
  expect(mask(badInput('first must be a number.')).message).toBe('first must be a number.');
});

test('shows what the document itself is refused for, at a reasonable length', () => {
  try {
    parse('{');
  } catch (error) {
    const located = error as GraphQLError;
    Object.assign(located.extensions, { code: 'GRAPHQL_PARSE_FAILED', stacktrace: ['at x'] });
    expect(mask(located)).toMatchObject({
      message: expect.stringContaining('Syntax Error'),
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    });
    expect(mask(located).extensions).not.toHaveProperty('stacktrace');
  }
  const long = new GraphQLError('x'.repeat(100_000), { extensions: { code: 'BAD_USER_INPUT' } });
  expect(mask(long).message.length).toBeLessThanOrEqual(1_000);
});
