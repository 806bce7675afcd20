import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { allProjections } from '../all-projections.js';
import type { OpenViews } from '../engines.js';

/** For tests that run from sources, which a thread can't. */
export const viewsInProcess: OpenViews = async (store, { directory, lifecycle }) => {
  const readModels = await SqliteReadModels.open({ directory, logId: store.logId });
  await lifecycle.start([{ name: 'read models', stop: () => readModels.close() }]);
  const projector = createProjector({ store, readModels, projections: allProjections });
  await lifecycle.start([{ name: 'projector', start: () => projector.start(), stop: () => projector.stop() }]);
  return { projector, readModels, snapshots: readModels.snapshots };
};
