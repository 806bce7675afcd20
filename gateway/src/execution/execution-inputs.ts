import { z } from 'zod';
import { VARIABLES_MAX, clientToken, entityName, pageOf, uuid, variableInput } from '../views/input.js';

const STATUSES = ['InProgress', 'Stopping', 'Stopped', 'Succeeded', 'Superseded', 'Failed', 'Cancelled'] as const;

const status = z
  .enum(STATUSES)
  .nullish()
  .transform((value) => value ?? undefined);

const sourceRevision = z.strictObject({
  actionName: entityName,
  revisionType: z
    .literal('COMMIT_ID', 'must be COMMIT_ID')
    .nullish()
    .transform(() => 'COMMIT_ID' as const),
  revisionValue: z.string().regex(/^[0-9a-fA-F]{7,64}$/, 'must be a commit id: 7 to 64 hexadecimal digits'),
});

const transition = {
  pipeline: entityName,
  stage: entityName,
  transitionType: z
    .enum(['Inbound', 'Outbound'])
    .nullish()
    .transform((value) => value ?? 'Inbound'),
  clientToken,
};

export const startExecutionInput = z.strictObject({
  pipeline: entityName,
  variables: z
    .array(variableInput)
    .max(VARIABLES_MAX, `must have at most ${VARIABLES_MAX} variables`)
    .nullish()
    .transform((value) => value ?? []),
  sourceRevisions: z
    .array(sourceRevision)
    .max(50, 'must have at most 50 revisions')
    .nullish()
    .transform((value) => value ?? []),
  clientToken,
});
export const stopExecutionInput = z.strictObject({
  executionId: uuid,
  abandon: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  reason: z
    .string()
    .max(200, 'must have at most 200 characters')
    .nullish()
    .transform((value) => value ?? undefined),
  clientToken,
});
export const retryStageInput = z.strictObject({
  pipeline: entityName,
  executionId: uuid,
  stage: entityName,
  mode: z
    .enum(['FAILED_ACTIONS', 'ALL_ACTIONS'])
    .nullish()
    .transform((value) => value ?? 'FAILED_ACTIONS'),
  clientToken,
});
export const enableTransitionInput = z.strictObject(transition);
export const disableTransitionInput = z.strictObject({
  ...transition,
  reason: z
    .string()
    .max(300, 'must have at most 300 characters')
    .refine((text) => text.trim() !== '', 'must say why'),
});
export const lookAtSourceInput = z.strictObject({
  pipeline: entityName,
  actionName: entityName.nullish().transform((value) => value ?? undefined),
  clientToken,
});

export const idArgs = z.object({ id: uuid });
export const executionsOfPipelineArgs = z.object({ ...pageOf(25), status });
export const executionsArgs = z.object({
  ...pageOf(25),
  status,
  pipeline: entityName.nullish().transform((value) => value ?? undefined),
  pipelineId: uuid.nullish().transform((value) => value ?? undefined),
});

export type StartExecutionInput = z.infer<typeof startExecutionInput>;
export type StopExecutionInput = z.infer<typeof stopExecutionInput>;
export type RetryStageInput = z.infer<typeof retryStageInput>;
export type TransitionInput = z.infer<typeof enableTransitionInput>;
export type LookAtSourceInput = z.infer<typeof lookAtSourceInput>;
