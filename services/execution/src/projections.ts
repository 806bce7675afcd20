import type { Projection } from '@millrace/read-models';
import { watchedPipelines } from './application/watched-pipelines.js';
import { openExecutions } from './application/workload.js';

/** The views that this service reads, to be given to a Projector, wherever that runs. */
export const projections = [openExecutions, watchedPipelines] as unknown as readonly Projection[];
