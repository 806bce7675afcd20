import { EventEmitter } from 'node:events';
import { createLifecycle, SAME_SIGNAL_MS, type LifecyclePart } from './lifecycle.js';
import { silentLogger } from './logger.js';

const world = () => {
  const done: string[] = [];
  const exits: number[] = [];
  const signals = new EventEmitter();
  const exited = Promise.withResolvers<void>();
  const time = { nowMs: 5 };
  const lifecycle = createLifecycle({
    logger: silentLogger,
    signals,
    nowMs: () => time.nowMs,
    exit: (code) => {
      exits.push(code);
      exited.resolve();
    },
  });
  const part = (name: string, more: Partial<LifecyclePart> = {}): LifecyclePart => ({
    name,
    start: () => void done.push(`start ${name}`),
    stop: () => void done.push(`stop ${name}`),
    ...more,
  });
  return { done, exits, exited: exited.promise, signals, lifecycle, part, time };
};

test('starts in order and stops the other way round, once', async () => {
  const { done, lifecycle, part } = world();
  await lifecycle.start([part('log'), part('views'), part('http')]);
  const outcome = await lifecycle.stop('asked');
  expect(await lifecycle.stop('again')).toBe(outcome);
  expect(outcome).toEqual({ failed: [] });
  expect(done).toEqual(['start log', 'start views', 'start http', 'stop http', 'stop views', 'stop log']);
});

test('a part that does not start stops those before it, and its error is thrown', async () => {
  const { done, lifecycle, part } = world();
  const failing = part('views', { start: () => Promise.reject(new Error('No.')) });
  await expect(lifecycle.start([part('log'), failing, part('http')])).rejects.toThrow('No.');
  expect(done).toEqual(['start log', 'stop log']);
});

test('a part that fails to stop, or takes too long, is named and holds up nobody', async () => {
  const { done, lifecycle, part } = world();
  const failing = part('views', { stop: () => Promise.reject(new Error('No.')) });
  const hanging = part('http', { stop: () => new Promise(() => {}), stopWithinMs: 10 });
  await lifecycle.start([part('log'), failing, hanging]);
  expect(await lifecycle.stop('asked')).toEqual({ failed: ['http', 'views'] });
  expect(done.at(-1)).toBe('stop log');
});

test('a signal stops and exits', async () => {
  const { done, exits, exited, signals, lifecycle, part } = world();
  await lifecycle.start([part('log')]);
  const unlisten = lifecycle.listen();
  signals.emit('SIGTERM', 'SIGTERM');
  await exited;
  expect({ done, exits }).toEqual({ done: ['start log', 'stop log'], exits: [0] });
  unlisten();
  expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0);
});

test('a second signal exits at once; what is the first one twice, as npm sends it, does not', async () => {
  const { exits, signals, lifecycle, part, time } = world();
  await lifecycle.start([part('http', { stop: () => new Promise(() => {}), stopWithinMs: 50 })]);
  lifecycle.listen();
  signals.emit('SIGINT', 'SIGINT');
  time.nowMs += SAME_SIGNAL_MS - 1;
  signals.emit('SIGINT', 'SIGINT');
  expect(exits).toEqual([]);
  time.nowMs += 1;
  signals.emit('SIGINT', 'SIGINT');
  expect(exits).toEqual([130]);
});

test('a signal during the start lets nothing more come up, and leaves nothing up', async () => {
  const { done, exits, exited, signals, lifecycle, part } = world();
  lifecycle.listen();
  const gate = Promise.withResolvers<void>();
  const starting = lifecycle.start([part('log', { start: () => gate.promise }), part('views')]);
  signals.emit('SIGTERM', 'SIGTERM');
  gate.resolve();
  await Promise.all([starting, exited]);
  expect({ done, exits }).toEqual({ done: ['stop log'], exits: [0] });
});
