import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { allProjections } from '../all-projections.js';
import { requireData } from './data-directory.js';
import type { OnProgress, RebuildOptions, RebuildReport } from './ports.js';
import { throttled } from './progress.js';
import { asRefusal, MaintenanceRefusal } from './refusal.js';

/**
 * Folds views again from the first event, each into a shadow that takes its place when it is complete. For a platform that is stopped: the
 * running one is asked through its API, and goes on serving meanwhile.
 *
 * @throws MaintenanceRefusal `NO_DATA`, `NEWER_FORMAT`, `LOCKED`, `DAMAGED`, `UNKNOWN_PROJECTION`; what was there is there.
 */
export function rebuild(options: RebuildOptions, onProgress: OnProgress): Promise<RebuildReport> {
  return asRefusal(async () => {
    const { dataDirectory: directory } = options;
    requireData(directory);
    const names = namesOf(options);
    const store = await SqliteEventStore.open({ directory, witnesses: SqliteReadModels.witnesses(directory) });
    try {
      return await rebuildViews(store, names, options, throttled(onProgress));
    } finally {
      await store.close();
    }
  });
}

function namesOf({ projections }: RebuildOptions): readonly string[] {
  const all = allProjections.map(({ name }) => name);
  const unknown = projections.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new MaintenanceRefusal(
      'UNKNOWN_PROJECTION',
      `There is no projection ${unknown.join(', ')}; there are ${all.join(', ')}.`,
    );
  return projections.length > 0 ? [...new Set(projections)] : all;
}

async function rebuildViews(
  store: SqliteEventStore,
  names: readonly string[],
  { dataDirectory: directory, signal }: RebuildOptions,
  onProgress: OnProgress,
): Promise<RebuildReport> {
  const readModels = await SqliteReadModels.open({ directory, logId: store.logId, onSetAside: () => undefined });
  const projector = createProjector({ store, readModels, projections: allProjections });
  // A rebuild under way is given up when its projector stops, and its shadow discarded.
  const stop = (): void => void projector.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    await projector.start();
    const rebuilt: RebuildReport['rebuilt'][number][] = [];
    for (const name of names) {
      const startedAtMs = performance.now();
      const documents = await projector.rebuild(name, (done, of) => {
        onProgress({ step: name, done: Number(done), of: Number(of) });
      });
      rebuilt.push({ name, documents, durationMs: Math.round(performance.now() - startedAtMs) });
      signal.throwIfAborted();
    }
    return { rebuilt };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await projector.stop();
    await readModels.close();
  }
}
