import { z } from 'zod';
import { refuse, type RefusalDetail, type Refused } from '@millrace/decider';
import { NAME_LENGTH_MAX, NAME_PATTERN, type PipelineRefusal } from '@millrace/contracts/pipeline-definition';

const name = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(new RegExp(`^(?:${NAME_PATTERN})$`), 'must be made of letters, digits, ".", "@", "-" and "_"');

/** Present, whatever it is: `validateDeclaration` says the rest. */
const declaration = z.unknown().refine((value) => value !== undefined, 'is missing and must be given');

const tag = z.strictObject({ key: z.string(), value: z.string() });

export const createPipelineInput = z.strictObject({
  pipelineId: z.uuid(),
  declaration,
  tags: z.array(tag).optional(),
});
export const updatePipelineInput = z.strictObject({
  name: name.optional(),
  declaration,
  expectedVersion: z.int().min(1).optional(),
});
export const deletePipelineInput = z.strictObject({ name });

export type Read<T> =
  { readonly ok: true; readonly data: T } | { readonly ok: false; readonly refusal: Refused<PipelineRefusal> };

/** The members of a command, or a refusal that names each wrong one. */
export function readInput<T>(schema: z.ZodType<T>, data: unknown): Read<T> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return { ok: true, data: parsed.data };
  const details: readonly RefusalDetail[] = parsed.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    code: 'Validation',
    message,
  }));
  return { ok: false, refusal: refuse('INVALID_COMMAND', 'The command has wrong or missing members.', details) };
}
