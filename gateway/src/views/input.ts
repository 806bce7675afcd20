import { z } from 'zod';
import { badInput } from '../graphql/public-error.js';

/** Pipelines, stages, actions: what CodePipeline allows, so that nothing longer reaches a service. */
export const entityName = z
  .string()
  .max(100, 'must have at most 100 characters')
  .regex(/^[A-Za-z0-9.@\-_]+$/, 'must consist of letters, digits and .@-_');

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be an id: a UUID in lower case');

export const clientToken = z
  .string()
  .max(128, 'must have at most 128 characters')
  .regex(/^[\x21-\x7e]+$/, 'must consist of 1 to 128 printable ASCII characters without blanks')
  .nullish();

/** Cursors are opaque; longer ones are not ours. */
export const cursor = z
  .string()
  .max(2_000, 'must be a cursor of an earlier page')
  .nullish()
  .transform((value) => value ?? undefined);

export const pageSize = (max: number, byDefault: number) =>
  z
    .int()
    .min(1, 'must be at least 1')
    .max(max, `must be at most ${max}`)
    .nullish()
    .transform((value) => value ?? byDefault);

export const absentIfNull = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

/** The members of a page; `first` up to 100. */
export const pageOf = (byDefault: number) => ({ first: pageSize(100, byDefault), after: cursor });

export const VARIABLES_MAX = 50;
export const variableInput = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9@\-_]{1,128}$/, 'must be 1 to 128 of letters, digits and @-_'),
  value: z.string().min(1, 'must not be empty').max(1_000, 'must have at most 1,000 characters'),
});

/**
 * @throws PublicError `BAD_USER_INPUT` that names every wrong member.
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badInput(result.error.issues.map((issue) => sentence(issue, at)).join(' '));
}

function sentence(issue: z.core.$ZodIssue, at: string): string {
  const path = [at, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  return `${path}: ${issue.message}.`;
}

/** A cursor that the read store did not make: the caller's mistake, not ours. */
export async function ofOwnCursor<T>(page: Promise<T>): Promise<T> {
  try {
    return await page;
  } catch (error) {
    if (Error.isError(error) && error.name === 'RangeError')
      throw badInput('after: must be a cursor of an earlier page of the same list.');
    throw error;
  }
}
