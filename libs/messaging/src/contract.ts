import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams, type StreamName } from '@millrace/contracts';
import { NEW_STREAM, type EventStore, type Head, type NewEvent, type Position } from '@millrace/event-store';
import { OperationalError, systemTimers, type Timers } from '@millrace/runtime';
import type { Message, Messages } from './messages.js';

/** One process: a log and the messages from it. Opened again on the same directory, it is the next process. */
export interface MessagesUnderTest {
  readonly store: EventStore;
  readonly messages: Messages;
  close(): Promise<void>;
  /** Ends, but leaves what a kill at this moment would have left: the directory in which the next process is to be opened. */
  crash(): Promise<string>;
}

/** Pauses between attempts, a hundredth as long. */
const impatient: Timers = {
  at: (dueAtMs, callback) => systemTimers.at(dueAtMs, callback),
  after: (delayMs, callback) => systemTimers.after(delayMs / 100, callback),
};

const CATEGORIES = ['execution', 'traffic'] as const;
const CONSUMER = { name: 'contract.consumer.v1', categories: CATEGORIES };

/** What every adapter of {@link Messages} keeps. */
export function describeMessages(
  name: string,
  open: (directory: string, timers: Timers) => Promise<MessagesUnderTest>,
): void {
  describe(`${name} as Messages`, () => {
    let directories: string[];
    let process: MessagesUnderTest;
    let heads: Map<StreamName, Head>;

    beforeEach(async () => {
      directories = [mkdtempSync(join(tmpdir(), 'millrace-messages-'))];
      heads = new Map();
      process = await open(directories[0] ?? '', impatient);
    });

    afterEach(async () => {
      await process.close();
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    });

    const restart = async (how: 'close' | 'crash'): Promise<void> => {
      if (how === 'crash') directories.unshift(await process.crash());
      else await process.close();
      process = await open(directories[0] ?? '', impatient);
    };

    /** A fact of a pipeline; its number tells it from others. */
    const append = async (pipelineId: string | undefined, number: number, type = 'Happened'): Promise<Position> => {
      const stream = streams.execution('default', pipelineId ?? 'none');
      const event: NewEvent = {
        type,
        version: 1,
        data: { number },
        metadata: {
          id: randomUUID(),
          time: '2026-11-24T12:00:00.000Z',
          project: 'default',
          ...(pipelineId === undefined ? {} : { pipelineId }),
          commandId: randomUUID(),
          actor: { kind: 'service', id: 's', name: 's', issuer: 'millrace' },
          correlationId: 'c',
        },
      };
      const { head, position } = await process.store.append(stream, heads.get(stream) ?? NEW_STREAM, [event]);
      heads.set(stream, head);
      return position;
    };
    const numberOf = ({ event }: Message): number => Number(event.data['number']);
    const parkedCount = async (): Promise<number> => (await process.messages.parked()).length;

    test('delivers what stands in the log and what is appended later, in order', async () => {
      for (let number = 0; number < 5; number += 1) await append('p', number);
      const handled: number[] = [];
      const subscription = await process.messages.subscribe(
        CONSUMER,
        async (message) => void handled.push(numberOf(message)),
      );
      const last = await append('p', 5);
      await subscription.reached(last);
      expect(handled).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('gives the key of project and pipeline, or of the stream where there is none', async () => {
      const keys: string[] = [];
      const subscription = await process.messages.subscribe(CONSUMER, async ({ key }) => void keys.push(key));
      await append('p', 0);
      await subscription.reached(await append(undefined, 1));
      expect(keys).toEqual(['default/p', `default/${streams.execution('default', 'none')}`]);
    });

    test('delivers only the categories and types that were asked for, and its position passes the others', async () => {
      const handled: number[] = [];
      const options = { ...CONSUMER, eventTypes: ['Wanted'] };
      const subscription = await process.messages.subscribe(
        options,
        async (message) => void handled.push(numberOf(message)),
      );
      const none = await process.messages.subscribe(
        { name: 'contract.none.v1', categories: ['approval'] },
        async () => void handled.push(-1),
      );
      await append('p', 0);
      await append('p', 1, 'Wanted');
      const last = await append('p', 2);
      await subscription.reached(last);
      await none.reached(last);
      expect(handled).toEqual([1]);
    });

    test('one message of a key at a time, keys side by side', async () => {
      const running = new Map<string, number>();
      const gate = Promise.withResolvers<void>();
      let together = 0;
      let overlapping = false;
      const subscription = await process.messages.subscribe(CONSUMER, async ({ key }) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        overlapping ||= [...running.values()].some((count) => count > 1);
        together = Math.max(together, [...running.values()].filter((count) => count > 0).length);
        if (together === 3) gate.resolve();
        await gate.promise;
        running.set(key, (running.get(key) ?? 0) - 1);
      });
      let last = 0n;
      for (let number = 0; number < 4; number += 1) for (const key of ['a', 'b', 'c']) last = await append(key, number);
      await subscription.reached(last);
      expect({ overlapping, together }).toEqual({ overlapping: false, together: 3 });
    });

    test('handles no more keys at once than was said', async () => {
      let running = 0;
      let most = 0;
      let last = 0n;
      for (let number = 0; number < 30; number += 1) last = await append(`p${number}`, number);
      const subscription = await process.messages.subscribe({ ...CONSUMER, concurrencyMax: 2 }, async () => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      });
      await subscription.reached(last);
      expect(most).toBe(2);
    });

    test('its position passes no message that is not done, and those behind it are not lost for it', async () => {
      const gate = Promise.withResolvers<void>();
      const subscription = await process.messages.subscribe(CONSUMER, async (message) => {
        if (numberOf(message) === 0) await gate.promise;
      });
      const first = await append('slow', 0);
      const last = await append('quick', 1);
      let isReached = false;
      const reached = subscription.reached(last).then(() => (isReached = true));
      await until(async () => (await process.messages.consumers())[0]?.lag !== undefined);
      expect(isReached).toBe(false);
      expect((await process.messages.consumers())[0]?.position).toBeLessThan(first);
      gate.resolve();
      await reached;
      expect((await process.messages.consumers())[0]).toMatchObject({
        name: CONSUMER.name,
        position: last,
        lag: 0,
        parked: 0,
      });
    });

    test('goes on after an orderly restart where it stopped, repeating nothing', async () => {
      const handled: number[] = [];
      const subscribe = () =>
        process.messages.subscribe(CONSUMER, async (message) => void handled.push(numberOf(message)));
      await (await subscribe()).reached(await append('p', 0));
      await restart('close');
      await (await subscribe()).reached(await append('p', 1));
      expect(handled).toEqual([0, 1]);
    });

    test('misses nothing after a crash; what it repeats keeps its order', async () => {
      const lives: number[][] = [];
      const subscribe = () => {
        const handled: number[] = [];
        lives.push(handled);
        return process.messages.subscribe(CONSUMER, async (message) => void handled.push(numberOf(message)));
      };
      await subscribe();
      for (let number = 0; number < 20; number += 1) await append('p', number);
      await until(async () => (lives[0]?.length ?? 0) >= 10);
      await restart('crash');
      await (await subscribe()).reached(await append('p', 20));
      const second = lives[1] ?? [];
      const from = second[0] ?? 21;
      expect(from).toBeLessThanOrEqual(lives[0]?.length ?? 0);
      expect(second).toEqual(Array.from({ length: 21 - from }, (_, index) => from + index));
    });

    test('a message that fails is tried again, before what follows on its key', async () => {
      const tries: number[] = [];
      const subscription = await process.messages.subscribe(CONSUMER, async (message) => {
        tries.push(numberOf(message));
        if (tries.length < 3) throw new Error('Not yet.');
      });
      await append('p', 0);
      await subscription.reached(await append('p', 1));
      expect(tries).toEqual([0, 0, 0, 1]);
      expect(await parkedCount()).toBe(0);
    });

    test('poison is parked with its cause after five tries, its key behind it, and other keys go on', async () => {
      const handled: number[] = [];
      let tries = 0;
      const subscription = await process.messages.subscribe(CONSUMER, (message) => {
        if (numberOf(message) === 0) {
          tries += 1;
          // Not in a promise: a handler may also throw at once.
          throw new Error('It is poison.');
        }
        handled.push(numberOf(message));
        return Promise.resolve();
      });
      await append('bad', 0);
      await append('bad', 1);
      await append('good', 2);
      await subscription.reached(await append('good', 3));
      await subscription.reached(await append('bad', 4));
      expect(handled).toEqual([2, 3]);
      expect(tries).toBe(5);
      expect(await process.messages.parked()).toMatchObject([
        { consumer: CONSUMER.name, key: 'default/bad', cause: 'It is poison.', attempts: 5, eventType: 'Happened' },
        { key: 'default/bad', attempts: 0 },
        { key: 'default/bad', attempts: 0 },
      ]);
      expect((await process.messages.consumers())[0]).toMatchObject({ parked: 3, lag: 0 });
    });

    test('a restart neither tries poison again nor forgets it', async () => {
      let tries = 0;
      const subscribe = () =>
        process.messages.subscribe(CONSUMER, async () => {
          tries += 1;
          throw new Error('It is poison.');
        });
      await (await subscribe()).reached(await append('bad', 0));
      await restart('crash');
      await (await subscribe()).reached(await append('bad', 1));
      await restart('close');
      await (await subscribe()).reached(await append('bad', 2));
      expect(tries).toBe(5);
      expect(await parkedCount()).toBe(3);
    });

    test('retry handles the whole key in order, and then the key is as before', async () => {
      const handled: number[] = [];
      let isPoison = true;
      const subscription = await process.messages.subscribe(CONSUMER, async (message) => {
        if (isPoison) throw new Error('It is poison.');
        handled.push(numberOf(message));
      });
      for (let number = 0; number < 3; number += 1) await subscription.reached(await append('p', number));
      isPoison = false;
      const last = (await process.messages.parked()).at(-1);
      await process.messages.retry(last?.id ?? '');
      expect(handled).toEqual([0, 1, 2]);
      expect(await parkedCount()).toBe(0);
      await subscription.reached(await append('p', 3));
      expect(handled).toEqual([0, 1, 2, 3]);
    });

    test('a retry that fails again leaves everything parked, with the newer cause', async () => {
      let cause = 'first';
      const subscription = await process.messages.subscribe(CONSUMER, async () => {
        throw new Error(cause);
      });
      for (let number = 0; number < 2; number += 1) await subscription.reached(await append('p', number));
      cause = 'second';
      await process.messages.retry((await process.messages.parked())[0]?.id ?? '');
      expect(await process.messages.parked()).toMatchObject([{ cause: 'second', attempts: 10 }, { attempts: 0 }]);
    });

    test('drop gives up one message, for good, and what follows on its key is handled', async () => {
      const handled: number[] = [];
      const subscribe = () =>
        process.messages.subscribe(CONSUMER, async (message) => {
          if (numberOf(message) === 0) throw new Error('It is poison.');
          handled.push(numberOf(message));
        });
      const subscription = await subscribe();
      for (let number = 0; number < 3; number += 1) await subscription.reached(await append('p', number));
      await process.messages.drop((await process.messages.parked())[0]?.id ?? '');
      expect(handled).toEqual([1, 2]);
      await restart('crash');
      await (await subscribe()).reached(await append('p', 3));
      expect(await parkedCount()).toBe(0);
      expect(handled.at(-1)).toBe(3);
    });

    test('names a message that is not parked', async () => {
      await expect(process.messages.retry('nothing/0')).rejects.toMatchObject({
        name: 'OperationalError',
        code: 'NOT_PARKED',
      });
      await expect(process.messages.drop('nothing/0')).rejects.toMatchObject({ code: 'NOT_PARKED' });
    });

    test('what is not the fault of the message is tried until it goes, and parks nothing', async () => {
      let tries = 0;
      const handled: number[] = [];
      const subscription = await process.messages.subscribe(CONSUMER, async (message) => {
        tries += 1;
        if (tries <= 12) throw new OperationalError('The disk is full.', { retryable: true, code: 'STORE_FULL' });
        handled.push(numberOf(message));
      });
      await append('p', 0);
      await subscription.reached(await append('p', 1));
      expect(handled).toEqual([0, 1]);
      expect(await parkedCount()).toBe(0);
    });

    test('stop waits for handlers that run, and starts none', async () => {
      const gate = Promise.withResolvers<void>();
      const started: number[] = [];
      const subscription = await process.messages.subscribe(CONSUMER, async (message) => {
        started.push(numberOf(message));
        await gate.promise;
      });
      await append('p', 0);
      await append('p', 1);
      await until(async () => started.length === 1);
      let isStopped = false;
      const stopped = subscription.stop().then(() => (isStopped = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(isStopped).toBe(false);
      gate.resolve();
      await stopped;
      expect(started).toEqual([0]);
      const again: number[] = [];
      const next = await process.messages.subscribe(CONSUMER, async (message) => void again.push(numberOf(message)));
      await next.reached(await append('p', 2));
      expect(again).toEqual([1, 2]);
    });

    test('many consumers each get everything, and a stuck one holds up no other', async () => {
      const counts = Array.from({ length: 15 }, () => 0);
      const stuck = Promise.withResolvers<void>();
      await process.messages.subscribe({ name: 'contract.stuck.v1', categories: CATEGORIES }, () => stuck.promise);
      const subscriptions = await Promise.all(
        counts.map((_, index) =>
          process.messages.subscribe({ name: `contract.many-${index}.v1`, categories: CATEGORIES }, async () => {
            counts[index] = (counts[index] ?? 0) + 1;
          }),
        ),
      );
      const appended = await Promise.all(Array.from({ length: 3_000 }, (_, number) => append(`p${number}`, number)));
      const last = appended.reduce((a, b) => (a > b ? a : b));
      await Promise.all(subscriptions.map((subscription) => subscription.reached(last)));
      expect(new Set(counts)).toEqual(new Set([3_000]));
      stuck.resolve();
    });
  });
}

/** Waits for a condition, looking at it once a turn of the event loop. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
