import { z } from 'zod';
import { CATEGORIES } from '@millrace/contracts';
import { clientToken, entityName, pageSize, uuid } from '../views/input.js';

const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

const filter = z
  .strictObject({
    types: optional(
      z.array(z.string().regex(/^[A-Za-z]{1,100}$/, 'must be kinds of events, e.g. StageFinished')).max(100),
    ),
    categories: optional(z.array(z.enum(CATEGORIES)).max(CATEGORIES.length)),
    pipeline: optional(entityName),
    pipelineId: optional(uuid),
    executionId: optional(uuid),
    actorId: optional(z.string().max(300, 'must have at most 300 characters')),
    correlationId: optional(z.string().max(200, 'must have at most 200 characters')),
  })
  .nullish()
  .transform((value) => value ?? undefined);

export const eventsArgs = z
  .object({ after: optional(z.string()), before: optional(z.string()), filter, first: pageSize(500, 50) })
  .refine(({ after, before }) => after === undefined || before === undefined, 'give after or before, not both');
export const eventAppendedArgs = z.object({ after: optional(z.string()), filter });
export const rebuildInput = z.strictObject({
  name: z.string().regex(/^[a-z0-9.-]{1,200}$/, "must be a projection's name, e.g. execution.executions.v1"),
  clientToken,
});
export const parkedInput = z.strictObject({
  id: z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters'),
  clientToken,
});

export type EventFilterInput = z.infer<typeof filter>;
