import type { Projection } from '@millrace/read-models';
import { holdingsProjection } from './application/holdings.projection.js';
import { activeExecutionsProjection, deploymentsProjection } from './application/uses.projection.js';

/** The views that this service reads, to be given to a Projector, wherever that runs. */
export const projections: readonly Projection[] = [
  holdingsProjection,
  deploymentsProjection,
  activeExecutionsProjection,
];
