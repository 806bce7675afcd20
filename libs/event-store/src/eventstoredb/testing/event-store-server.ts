import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandIn } from '@millrace/eventstoredb-stand-in/testing';

/** A server that a suite may use for itself. */
export interface EventStoreServer {
  readonly connectionString: string;
  end(): Promise<void>;
}

/** The server that `MILLRACE_TEST_EVENTSTOREDB` names, or a stand-in of its own. One that is named and can't be reached fails the suite. */
export async function eventStoreServer(): Promise<EventStoreServer> {
  const given = process.env['MILLRACE_TEST_EVENTSTOREDB'];
  if (given !== undefined && given !== '') return { connectionString: given, end: async () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'millrace-eventstoredb-'));
  const standIn = await startStandIn(directory);
  return {
    connectionString: standIn.connectionString,
    end: async () => {
      await standIn.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
