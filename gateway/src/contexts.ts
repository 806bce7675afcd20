import type { Provider } from '@nestjs/common';
import type { Projection } from '@millrace/read-models';
import * as access from './access/index.js';
import { SCALARS } from './views/scalars.js';

/** The resolvers of every context. */
export const providers: readonly Provider[] = [...SCALARS, ...access.providers];

/** The views that the gateway reads; the composition root hands them to its projector. */
export const projections: readonly Projection[] = [...access.projections];
