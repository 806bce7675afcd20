import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '@millrace/contracts';
import { NEW_STREAM } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { describeMessages } from '../contract.js';
import { LogMessages } from './log-messages.js';

describeMessages('LogMessages', async (directory, timers) => {
  const store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  const messages = new LogMessages({ store, directory, timers });
  const close = async (): Promise<void> => {
    await messages.close();
    await store.close();
  };
  return {
    store,
    messages,
    close,
    crash: async () => {
      const left = mkdtempSync(join(tmpdir(), 'millrace-messages-left-'));
      cpSync(directory, left, { recursive: true });
      await close();
      return left;
    },
  };
});

test('a log that has lost its tail has what stands before it handled again: what it led to may be lost', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-messages-lost-'));
  const handled: bigint[] = [];
  const run = async (store: SqliteEventStore, work: () => Promise<bigint>): Promise<void> => {
    const messages = new LogMessages({ store, directory });
    const subscription = await messages.subscribe(
      { name: 'test.policy.v1', categories: ['execution'] },
      async (message) => {
        handled.push(message.event.position);
      },
    );
    await subscription.reached(await work());
    await messages.close();
    await store.close();
  };
  const store = await SqliteEventStore.open({ directory, ballastBytes: 0 });
  await run(store, async () => {
    const metadata = {
      id: randomUUID(),
      time: '2026-11-25T12:00:00.000Z',
      project: 'default',
      commandId: randomUUID(),
      actor: { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' },
      correlationId: 'request-1',
    } as const;
    const event = { type: 'Happened', version: 1, data: {}, metadata };
    return (await store.append(streams.execution('default', 'e'), NEW_STREAM, [event])).position;
  });
  const witnesses = [{ name: 'the view executions', position: 2n }];
  const less = await SqliteEventStore.open({ directory, ballastBytes: 0, witnesses, acceptLoss: true });
  await run(less, async () => 1n);
  expect(handled).toEqual([1n, 1n]);
  // Once: from then on it is this log whose position is known.
  await run(await SqliteEventStore.open({ directory, ballastBytes: 0 }), async () => 1n);
  expect(handled).toEqual([1n, 1n]);
  rmSync(directory, { recursive: true });
});
