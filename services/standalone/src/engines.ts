import { FilesActionLogs } from '@millrace/action-logs/files';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, type Faults, type Lifecycle, type Logger } from '@millrace/runtime';
import { recordLosses } from './accepted-loss.js';

export interface EnginesOptions {
  /** Of the data; absolute. */
  readonly directory: string;
  readonly acceptLoss: boolean;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly faults: Faults;
  /** The log can no longer be trusted with a write: the process must end. */
  readonly onFatal: (error: Error) => void;
}

/** The embedded engines of one data directory. The log comes first: it holds the lock. */
export async function openEngines(options: EnginesOptions) {
  const { directory, logger, lifecycle, faults } = options;
  const store = await openLog(options);
  const readModels = await SqliteReadModels.open({
    directory,
    logId: store.logId,
    onSetAside: (message: string) => logger.warn({}, message),
  });
  await lifecycle.start([{ name: 'read models', stop: () => readModels.close() }]);
  const objects = await FilesObjectStore.open({
    directory: directory,
    fault: () => faults.at('artifact-publish'),
  });
  const logs = await FilesActionLogs.open({ directory: directory, fault: () => faults.at('log-close') });
  const messages = openMessages(store, options);
  await lifecycle.start([{ name: 'messages', stop: () => messages.close() }]);
  return { store, readModels, objects, logs, messages };
}

async function openLog({ directory, acceptLoss, lifecycle, onFatal }: EnginesOptions): Promise<SqliteEventStore> {
  const witnesses = SqliteReadModels.witnesses(directory);
  const store = await SqliteEventStore.open({ directory, acceptLoss, onFatal, witnesses });
  await lifecycle.start([{ name: 'event store', stop: () => store.close() }]);
  await recordLosses(store, store.losses, { clock: systemClock, ids: systemIds });
  return store;
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
