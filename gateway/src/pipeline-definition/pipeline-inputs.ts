import { z } from 'zod';
import { clientToken, cursor, entityName, pageOf, pageSize, uuid } from '../views/input.js';

const definitionMembers = { definition: z.unknown().optional(), text: z.string().nullish() };

/** What tags may be is said by the service, with all that is wrong at once. */
const tag = z.strictObject({ key: z.string(), value: z.string() });

export const createPipelineInput = z.strictObject({
  ...definitionMembers,
  tags: z.array(tag).max(200, 'must have at most 50 tags').nullish(),
  clientToken,
});
export const updatePipelineInput = z.strictObject({
  ...definitionMembers,
  expectedVersion: z.int().min(1, 'must be at least 1').nullish(),
  clientToken,
});
export const deletePipelineInput = z.strictObject({ name: entityName, clientToken });
export const validatePipelineArgs = z.object(definitionMembers);

export const pipelineArgs = z
  .object({ name: entityName.nullish(), id: uuid.nullish() })
  .refine(
    ({ name, id }) => (name ?? undefined) !== undefined || (id ?? undefined) !== undefined,
    'give a name or an id',
  );
export const pipelinesArgs = z.object({
  ...pageOf(25),
  search: z
    .string()
    .max(100, 'must have at most 100 characters')
    .nullish()
    .transform((text) => (text === null || text === '' ? undefined : text)),
  deleted: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export const pageArgs = z.object({ first: pageSize(100, 25), after: cursor });
export const versionArgs = z.object({ version: z.int().min(1, 'must be at least 1') });
export const nameArgs = z.object({ name: entityName });

export type CreatePipelineInput = z.infer<typeof createPipelineInput>;
export type UpdatePipelineInput = z.infer<typeof updatePipelineInput>;
