import { z } from 'zod';
import { pageOf, uuid } from '../views/input.js';

export const LOG_CHUNK_BYTES_MAX = 262_144;
const LOG_CHUNK_BYTES = 65_536;

const offset = z
  .int()
  .min(0, 'must not be negative')
  .nullish()
  .transform((value) => value ?? 0);

export const idArgs = z.object({ id: uuid });
export const artifactPageArgs = z.object(pageOf(50));
export const artifactsArgs = z.object({ ...pageOf(50), executionId: uuid });
export const logAppendedArgs = z.object({ executionId: uuid, actionExecutionId: uuid, offset });
export const logArgs = z.object({
  ...logAppendedArgs.shape,
  limit: z
    .int()
    .min(1, 'must be at least 1')
    .max(LOG_CHUNK_BYTES_MAX, 'must be at most 262,144')
    .nullish()
    .transform((value) => value ?? LOG_CHUNK_BYTES),
});
