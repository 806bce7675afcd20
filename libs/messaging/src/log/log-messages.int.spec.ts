import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
