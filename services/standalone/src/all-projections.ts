import { projections as approval } from '@millrace/approval/projections';
import { projections as artifact } from '@millrace/artifact/projections';
import { projections as execution } from '@millrace/execution/projections';
import { projections as gateway } from '@millrace/gateway/projections';
import type { Projection } from '@millrace/read-models';

/** Every view of the platform. Read from here, nothing of Nest or of the API is loaded. */
export const allProjections: readonly Projection[] = [...gateway, ...execution, ...approval, ...artifact];
