import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams, type StreamName } from '@millrace/contracts';
import { startStandIn, type StandIn } from '@millrace/eventstoredb-stand-in/testing';
import { isOperational } from '@millrace/runtime';
import { chainHash } from '../../encoding.js';
import { NEW_STREAM, type Head, type NewEvent, type RecordedEvent } from '../../event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from '../index.js';

/** A server for each test that the test may kill, freeze and replace. A stand-in always: a real one is not ours to kill. */
export interface OwnServer {
  readonly directory: string;
  readonly standIn: StandIn;
  /** Ends it with `kill -9` and starts it again at the same address. */
  restart(): Promise<void>;
  /** Ends it and starts another on the same data, with other flags. */
  replace(flags: readonly string[]): Promise<void>;
  open(more?: Partial<EventStoreDbOptions>): Promise<EventStoreDbEventStore>;
}

export function useOwnServer(): OwnServer {
  let directory = '';
  let standIn: StandIn | undefined;
  const stores: EventStoreDbEventStore[] = [];
  const running = (): StandIn => {
    if (standIn === undefined) throw new Error('The server is started before each test.');
    return standIn;
  };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-eventstoredb-'));
    standIn = await startStandIn(directory);
  });

  afterEach(async () => {
    running().thaw();
    for (const store of stores.splice(0)) await store.close();
    await running().end();
    rmSync(directory, { recursive: true, force: true });
  });

  return {
    get directory() {
      return directory;
    },
    get standIn() {
      return running();
    },
    restart: async () => {
      const { port } = running();
      await running().end('SIGKILL');
      standIn = await startStandIn(directory, { port });
    },
    replace: async (flags) => {
      await running().end();
      standIn = await startStandIn(directory, { flags });
    },
    open: async (more = {}) => {
      const store = await EventStoreDbEventStore.open({ connectionString: running().connectionString, ...more });
      stores.push(store);
      return store;
    },
  };
}

export const streamOf = (key: string): StreamName => streams.execution('default', key);

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export async function failureOf(work: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('It has not failed.');
}

/** The same append at the same head until its outcome is known, as the command handler does it. */
export async function appendUntilKnown(
  store: EventStoreDbEventStore,
  stream: StreamName,
  head: Head,
  events: readonly NewEvent[],
): Promise<Head> {
  for (;;) {
    try {
      return (await store.append(stream, head, events)).head;
    } catch (error) {
      if (!isOperational(error) || !error.retryable) throw error;
      await pause();
    }
  }
}

/** Whether every hash can be recomputed from what a reader gets. */
export function chainIsWhole(events: readonly RecordedEvent[]): boolean {
  let { hash } = NEW_STREAM;
  return events.every((event) => {
    hash = chainHash(hash, Buffer.from(JSON.stringify(event.metadata)), Buffer.from(JSON.stringify(event.data)));
    return event.hash === hash;
  });
}
