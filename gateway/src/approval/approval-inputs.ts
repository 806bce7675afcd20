import { z } from 'zod';
import { clientToken, entityName, pageOf, uuid } from '../views/input.js';

const named = z.object({ executionId: uuid, stage: entityName, action: entityName });

export const castVoteInput = z
  .strictObject({
    token: uuid.nullish(),
    executionId: uuid.nullish(),
    stage: entityName.nullish(),
    action: entityName.nullish(),
    result: z.enum(['Approved', 'Rejected']),
    summary: z
      .string()
      .max(512, 'must have at most 512 characters')
      .nullish()
      .transform((value) => value ?? ''),
    clientToken,
  })
  .refine(
    ({ token, ...rest }) => typeof token === 'string' || named.safeParse(rest).success,
    'give a token, or executionId, stage and action',
  );
export type CastVoteInput = z.infer<typeof castVoteInput>;

export const approvalsArgs = z.object({
  ...pageOf(25),
  pending: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true),
});
