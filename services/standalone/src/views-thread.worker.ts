import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { SqliteLogFollower } from '@millrace/event-store/sqlite';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { hostProjector, type Channel, type FromProjector, type ToProjector } from '@millrace/read-models/thread';
import { createFaults } from '@millrace/runtime';
import { allProjections } from './all-projections.js';
import type { ViewsThreadData } from './views-worker.js';

if (parentPort === null) throw new Error('This is a thread of the platform; it is not started by itself.');
const port = parentPort;
const [{ directory, logId, head, faults }] = (await once(port, 'message')) as [ViewsThreadData];
const channel: Channel<FromProjector, ToProjector> = port;
const readModels = await SqliteReadModels.open({
  directory,
  logId,
  onSetAside: (message) => channel.postMessage({ type: 'notice', message }),
});
const log = new SqliteLogFollower(directory, head);
const { at } = createFaults(faults);
await hostProjector({ channel, log, readModels, projections: allProjections, fault: at });
await readModels.close();
await log.close();
port.close();
