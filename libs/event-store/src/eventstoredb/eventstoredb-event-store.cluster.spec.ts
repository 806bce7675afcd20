import { describeEventStore } from '../contract.js';
import { EventStoreDbEventStore } from './index.js';
import { eventStoreServer, type EventStoreServer } from './testing/event-store-server.js';

let server: EventStoreServer;

beforeAll(async () => {
  server = await eventStoreServer();
});

afterAll(() => server.end());

describeEventStore('EventStoreDbEventStore', () =>
  EventStoreDbEventStore.open({ connectionString: server.connectionString }),
);
