import { z } from 'zod';
import { ActionFailed } from './provider.js';

/** Reads an action's configuration; all faults are named at once. @throws ActionFailed `ConfigurationError` */
export function parseConfiguration<T>(schema: z.ZodType<T>, configuration: unknown): T {
  const parsed = schema.safeParse(configuration);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`);
  throw new ActionFailed('ConfigurationError', faults.join('; ').slice(0, 5_000));
}

/** Which runner takes the job was decided before it was leased. */
export const labels = { Labels: z.string().optional() };

/** A path of a user's, inside an artifact. */
export const innerPath = z
  .string()
  .min(1)
  .max(1_000)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    'must lie inside the artifact',
  );

/** `"true"` or `"false"`, as CodePipeline writes truth in a configuration. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A whole number written as text. */
export function wholeNumber(minimum: number, maximum: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must lie between ${minimum} and ${maximum}`);
}
