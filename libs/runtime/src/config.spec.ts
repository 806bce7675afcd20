import { z } from 'zod';
import { parseConfig } from './config.js';

const schema = z.object({
  MILLRACE_PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  MILLRACE_AUTH: z.enum(['token', 'open']).default('token'),
  MILLRACE_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
const parse = (environment: Record<string, string | undefined>) =>
  parseConfig(schema, environment, { prefix: 'MILLRACE_' });

test('defaults start the embedded stack; empty variables count as absent', () => {
  expect(parse({ PATH: '/bin', MILLRACE_PORT: '' })).toEqual({ MILLRACE_PORT: 4000, MILLRACE_AUTH: 'token' });
  expect(parse({ MILLRACE_PORT: '0', MILLRACE_AUTH: 'open' })).toEqual({ MILLRACE_PORT: 0, MILLRACE_AUTH: 'open' });
});

test('names every fault at once, and no value', () => {
  const environment = {
    MILLRACE_PORT: '65536',
    MILLRACE_AUTH: 'hunter2',
    MILLRACE_KEY: 'hunter3',
    MILLRACE_PROT: 'hunter4',
  };
  let message = '';
  try {
    parse(environment);
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).toMatch(/4 faults/);
  expect(message).toContain('MILLRACE_PROT: is not a known setting. Did you mean MILLRACE_PORT?');
  for (const name of Object.keys(environment)) expect(message).toContain(`${name}: `);
  expect(message).not.toMatch(/hunter/);
});

test('what is not ours is left alone', () => {
  expect(() => parse({ OTHER: 'x', __proto__: 'y' } as Record<string, string>)).not.toThrow();
  expect(() => parse({ MILLRACE_constructor: 'x' })).toThrow(/MILLRACE_constructor/);
});
