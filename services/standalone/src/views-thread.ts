import type { SqliteEventStore } from '@millrace/event-store/sqlite';
import { RemoteProjector, type ProjectorThread } from '@millrace/read-models/thread';
import type { FaultsConfig, Logger } from '@millrace/runtime';
import { startViewsWorker, type ViewsThreadData } from './views-worker.js';

export interface ViewsThreadOptions {
  readonly directory: string;
  readonly store: SqliteEventStore;
  readonly logger: Logger;
  readonly faults: FaultsConfig;
}

/** All views are folded and written in one thread beside the services' (docs/decisions/0046); they are read where they are asked for. */
export function viewsThread({ directory, store, logger, faults }: ViewsThreadOptions): RemoteProjector {
  const memory = store.follow(() => projector.wake());
  const data: ViewsThreadData = { directory, logId: store.logId, head: memory, faults };
  const projector: RemoteProjector = new RemoteProjector({
    open: () => openThread(data),
    head: () => store.lastPosition,
    onEnded: (cause) => logger.error({ error: cause }, 'The thread of the views has ended; it is started again'),
    onStopped: (status) =>
      logger.error({ ...status, checkpoint: String(status.checkpoint) }, 'A projection has stopped'),
    onRetry: (error, attempt) => logger.warn({ error, attempt }, 'The views could not be written; trying again'),
    onNotice: (message) => logger.warn({}, message),
  });
  return projector;
}

function openThread(data: ViewsThreadData): ProjectorThread {
  const worker = startViewsWorker(data);
  let failure: unknown;
  worker.on('error', (error) => (failure = error));
  const ended = new Promise((resolve) => worker.on('exit', () => resolve(failure)));
  return { postMessage: (message) => worker.postMessage(message), on: (...event) => worker.on(...event), ended };
}
