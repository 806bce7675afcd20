import { basename } from 'node:path';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { kafkaForTests } from '@millrace/kafka-engine/testing';
import { describeMessages } from '../contract.js';
import { KafkaConnection, KafkaMessages, KafkaRelay } from './index.js';

let kafka: Awaited<ReturnType<typeof kafkaForTests>>;
beforeAll(async () => {
  kafka = await kafkaForTests();
});
afterAll(() => kafka.end());

describeMessages('KafkaMessages', async (directory, timers) => {
  const store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  const connection = await KafkaConnection.open({
    address: kafka.address,
    clientId: 'contract',
    // One installation for each directory.
    prefix: basename(directory),
    partitions: 4,
    fetchWaitMs: 50,
    sessionTimeoutMs: 6_000,
  });
  await connection.ensureTopics();
  const messages = new KafkaMessages({ connection, store, timers });
  const relays = (['execution', 'approval'] as const).map((owner) => new KafkaRelay({ connection, store, owner }));
  for (const relay of relays) relay.start();
  const end = async (): Promise<void> => {
    await connection.close();
    await store.close();
  };
  return {
    store,
    messages,
    close: async () => {
      await messages.close();
      await Promise.all(relays.map((relay) => relay.stop()));
      await end();
    },
    crash: async () => {
      await Promise.all([messages.abandon(), ...relays.map((relay) => relay.abandon())]);
      await end();
      // What a kill leaves of this adapter is in Kafka.
      return directory;
    },
  };
});
