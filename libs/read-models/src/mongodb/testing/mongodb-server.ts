import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startMongoDb } from '@millrace/mongodb-stand-in/testing';
import { MongoConnection } from '../connection.js';
import { MongoReadModels } from '../mongo-read-models.js';
import type { MongoReadModelsOptions } from '../mongo-read-models.js';

/** A server that a suite may use for itself. */
export interface MongoDbServer {
  readonly connectionString: string;
  /** The read models of one directory: a database of its own, removed at the end. */
  open(directory: string, more?: Partial<MongoReadModelsOptions>): Promise<MongoReadModels>;
  end(): Promise<void>;
}

/** The server that `MILLRACE_TEST_MONGODB` names, or a stand-in of its own. One that is named and can't be reached fails the suite. */
export async function mongoDbServer(): Promise<MongoDbServer> {
  const given = process.env['MILLRACE_TEST_MONGODB'];
  const own = given === undefined || given === '' ? await standIn() : undefined;
  const connectionString = own?.connectionString ?? given ?? '';
  const databases = new Set<string>();
  return {
    connectionString,
    open: (directory, more = {}) => {
      const database = `test_${basename(directory)}`;
      databases.add(database);
      return MongoReadModels.open({ connectionString, database, ...more });
    },
    end: async () => {
      if (own === undefined)
        for (const database of databases) {
          const connection = await MongoConnection.open({ connectionString, database });
          await connection.write((named) => named.dropDatabase());
          await connection.close();
        }
      await own?.end();
    },
  };
}

async function standIn() {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-mongodb-'));
  const server = await startMongoDb(directory);
  return {
    connectionString: server.connectionString,
    end: async () => {
      await server.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
