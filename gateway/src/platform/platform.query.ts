import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { Messages } from '@millrace/messaging';
import type { Projector } from '@millrace/read-models';
import type { Installation, PlatformState } from './platform.presenter.js';

export interface PlatformParts {
  readonly store: Pick<EventStore, 'head'>;
  readonly projector: Pick<Projector, 'status'>;
  readonly messages: Pick<Messages, 'consumers' | 'parked'>;
  readonly runnerJobs: Pick<RunnerJobs, 'status'>;
  /** Absent where the engines are elsewhere. */
  readonly dataDirectory: string | undefined;
}

/** How the installation stands, this moment. */
export class PlatformQuery {
  constructor(
    readonly installation: Installation,
    private readonly parts: PlatformParts,
  ) {}

  async state(): Promise<PlatformState> {
    const { store, projector, messages, runnerJobs, dataDirectory } = this.parts;
    const [head, consumers, parked, disk] = await Promise.all([
      store.head(),
      messages.consumers(),
      messages.parked(),
      dataDirectory === undefined ? undefined : space(dataDirectory),
    ]);
    return { head, projections: projector.status(), consumers, parked, work: runnerJobs.status(), disk };
  }
}

async function space(directory: string): Promise<PlatformState['disk']> {
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    // Not every file system tells.
    return undefined;
  }
}

/** Of this package, which has the product's version; `src` and `dist` lie beside its manifest. */
export function productVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
