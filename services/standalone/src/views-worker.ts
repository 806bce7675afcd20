import { Worker } from 'node:worker_threads';
import type { FaultsConfig } from '@millrace/runtime';

/** What the thread of the views is told first. */
export interface ViewsThreadData {
  readonly directory: string;
  readonly logId: string;
  readonly head: SharedArrayBuffer;
  readonly faults: FaultsConfig;
}

let loading: Worker | undefined;

/** Has a thread load what it needs while this one loads the platform: a third of the start's work on another core. */
export function loadViewsWorker(): void {
  loading ??= newWorker();
}

/** A thread that folds the views, begun here or by {@link loadViewsWorker}. */
export function startViewsWorker(data: ViewsThreadData): Worker {
  const worker = loading ?? newWorker();
  loading = undefined;
  worker.postMessage(data);
  return worker;
}

function newWorker(): Worker {
  return new Worker(new URL('./views-thread.worker.js', import.meta.url));
}
