import { FilesActionLogs } from '@millrace/action-logs/files';
import type { Snapshots } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import type { Projector, Views } from '@millrace/read-models';
import { SqliteReadModels, SqliteViews } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, type Faults, type Lifecycle, type Logger } from '@millrace/runtime';
import { recordLosses } from './accepted-loss.js';
import { viewsThread } from './views-thread.js';

export interface EnginesOptions {
  /** Of the data; absolute. */
  readonly directory: string;
  readonly acceptLoss: boolean;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly faults: Faults;
  /** The log can no longer be trusted with a write: the process must end. */
  readonly onFatal: (error: Error) => void;
  /** Default: folded in a thread of their own. */
  readonly openViews?: OpenViews;
}

/** What folds the log into views, and what reads them. */
export interface ViewsEngine {
  readonly projector: Projector;
  readonly readModels: Views;
  readonly snapshots: Snapshots;
}

export type OpenViews = (store: SqliteEventStore, options: EnginesOptions) => Promise<ViewsEngine>;

/** The embedded engines of one data directory. The log comes first: it holds the lock. */
export async function openEngines(options: EnginesOptions) {
  const { directory, lifecycle, faults } = options;
  const store = await openLog(options);
  const { projector, readModels, snapshots } = await (options.openViews ?? viewsInThread)(store, options);
  const objects = await FilesObjectStore.open({
    directory: directory,
    fault: () => faults.at('artifact-publish'),
  });
  const logs = await FilesActionLogs.open({ directory: directory, fault: () => faults.at('log-close') });
  const messages = openMessages(store, options);
  await lifecycle.start([{ name: 'messages', stop: () => messages.close() }]);
  return { store, projector, readModels, snapshots, objects, logs, messages };
}

async function openLog({ directory, acceptLoss, lifecycle, onFatal }: EnginesOptions): Promise<SqliteEventStore> {
  const witnesses = SqliteReadModels.witnesses(directory);
  const store = await SqliteEventStore.open({ directory, acceptLoss, onFatal, witnesses });
  await lifecycle.start([{ name: 'event store', stop: () => store.close() }]);
  await recordLosses(store, store.losses, { clock: systemClock, ids: systemIds });
  return store;
}

/** The projector comes first: it makes the file that is read here. */
async function viewsInThread(
  store: SqliteEventStore,
  { directory, logger, lifecycle, faults }: EnginesOptions,
): Promise<ViewsEngine> {
  const projector = viewsThread({ directory, store, logger, faults: faults.config });
  await lifecycle.start([{ name: 'projector', start: () => projector.start(), stop: () => projector.stop() }]);
  const readModels = SqliteViews.open({ directory });
  await lifecycle.start([{ name: 'views', stop: () => readModels.close() }]);
  const snapshots: Snapshots = { load: readModels.loadSnapshot, save: projector.saveSnapshot };
  return { projector, readModels, snapshots };
}

function openMessages(store: SqliteEventStore, { directory, logger, faults }: EnginesOptions): LogMessages {
  return new LogMessages({
    store,
    directory,
    fault: (point) => faults.at(point),
    onParked: (parked) =>
      logger.error(
        { ...parked, position: String(parked.position) },
        'A message was set aside; look at it with: millrace parked list',
      ),
    onError: (error) => logger.warn({ error }, 'A position could not be stored, or the log not be read; trying again'),
  });
}
