import type { Projection } from '@millrace/read-models';
import { tokensProjection } from './access/tokens.projection.js';
import { approvalsProjection } from './approval/approvals.projection.js';
import { artifactsProjection } from './artifact/artifacts.projection.js';
import { executionsProjection } from './execution/executions.projection.js';
import { seenRevisionsProjection } from './execution/seen-revisions.projection.js';
import { pipelinesProjection } from './pipeline-definition/pipelines.projection.js';
import { versionsProjection } from './pipeline-definition/versions.projection.js';

/** The views that the gateway reads, to be given to a Projector, wherever that runs. */
export const projections: readonly Projection[] = [
  tokensProjection,
  versionsProjection,
  pipelinesProjection,
  executionsProjection,
  seenRevisionsProjection,
  approvalsProjection,
  artifactsProjection,
];
