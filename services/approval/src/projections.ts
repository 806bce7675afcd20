import { deadlineProjection } from '@millrace/messaging';
import type { Projection } from '@millrace/read-models';
import { APPROVAL_DEADLINES } from './application/approval.deadlines.js';

/** The views that this service reads, to be given to a Projector, wherever that runs. */
export const projections: readonly Projection[] = [deadlineProjection(APPROVAL_DEADLINES)];
