import type { Provider } from '@nestjs/common';
import type { Projection } from '@millrace/read-models';
import * as access from './access/index.js';
import * as approval from './approval/index.js';
import * as artifact from './artifact/index.js';
import * as execution from './execution/index.js';
import * as pipelineDefinition from './pipeline-definition/index.js';
import * as platform from './platform/index.js';
import { SCALARS } from './views/scalars.js';

/** The resolvers of every context. */
export const providers: readonly Provider[] = [
  ...SCALARS,
  ...access.providers,
  ...pipelineDefinition.providers,
  ...execution.providers,
  ...approval.providers,
  ...artifact.providers,
  ...platform.providers,
];

/** The views that the gateway reads; the composition root hands them to its projector. */
export const projections: readonly Projection[] = [
  ...access.projections,
  ...pipelineDefinition.projections,
  ...execution.projections,
  ...approval.projections,
  ...artifact.projections,
  ...platform.projections,
];
