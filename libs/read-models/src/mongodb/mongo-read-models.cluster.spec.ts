import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSnapshots } from '@millrace/event-store/contract';
import { describeReadModels } from '../contract.js';
import { mongoDbServer } from './testing/mongodb-server.js';
import type { MongoDbServer } from './testing/mongodb-server.js';

let server: MongoDbServer;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await mongoDbServer();
});

afterAll(async () => {
  for (const readModels of opened) await readModels.close();
  await server.end();
});

describeReadModels('MongoReadModels', (directory) => server.open(directory));

describeSnapshots('MongoReadModels', async () => {
  const readModels = await server.open(mkdtempSync(join(tmpdir(), 'snapshots-')));
  opened.push(readModels);
  return readModels.snapshots;
});
