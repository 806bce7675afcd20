import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Messages } from '@millrace/messaging';
import { silentLogger } from '@millrace/runtime';
import { fakeTime } from '@millrace/runtime/testing';
import type { ApprovalPorts } from './application/ports.js';
import { ApprovalModule } from './approval.module.js';
import { createApprovalService } from './application/approval-service.js';

/** An empty log that nothing is ever appended to, and an empty view of it. */
const empty = {
  store: {
    head: async () => ({ position: 0n, hash: '' }),
    async *subscribe({ signal }: { readonly signal: AbortSignal }) {
      yield { events: [], checkpoint: 0n, caughtUp: true };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  },
  readModels: {
    declare: async () => undefined,
    checkpoint: async () => 0n,
    page: async () => ({ items: [], hasMore: false }),
  },
  commands: {},
  logger: silentLogger,
};

test('the module starts and stops with its application', async () => {
  const running = new Set<string>();
  const messages = {
    async subscribe({ name }: { readonly name: string }) {
      running.add(name);
      return { reached: async () => undefined, stop: async () => void running.delete(name) };
    },
  } as unknown as Messages;
  const ports = { ...empty, ...fakeTime() } as unknown as ApprovalPorts;
  const application = await NestFactory.createApplicationContext(
    ApprovalModule.of(createApprovalService(ports), messages),
    {
      logger: false,
    },
  );
  expect([...running]).toEqual(['approval.request.v1', 'approval.outcome.v1']);
  await application.close();
  expect([...running]).toEqual([]);
});
