import type { Provider } from '@nestjs/common';
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
