import { monitorEventLoopDelay } from 'node:perf_hooks';
import { statfs } from 'node:fs/promises';
import { Gauge, Registry } from 'prom-client';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { Messages } from '@millrace/messaging';
import type { Projector } from '@millrace/read-models';

export interface MetricsOptions {
  readonly store: EventStore;
  readonly projector: Pick<Projector, 'status'>;
  readonly messages: Pick<Messages, 'consumers' | 'parked'>;
  readonly runnerJobs: Pick<RunnerJobs, 'status'>;
  readonly sockets: () => number;
  readonly dataDirectory?: string;
}

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  close(): void;
}

const NS_PER_S = 1e9;
/** A sample of the event loop's delay so often: fifty a second were a third of what an idle platform costs. */
const LOOP_SAMPLE_MS = 100;
const NS_PER_MS = 1e6;
const QUANTILES = [0.5, 0.99] as const;

/** Read when they are asked for: between two scrapes they cost nothing but the histogram of the event loop. */
export function metrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const loop = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS });
  loop.enable();
  logMetrics(registry, options);
  consumerMetrics(registry, options);
  jobMetrics(registry, options);
  processMetrics(registry, options, loop);
  return { contentType: registry.contentType, text: () => registry.metrics(), close: () => loop.disable() };
}

function gauge(
  registry: Registry,
  [name, help]: readonly [string, string],
  labelNames: readonly string[],
  collect: (gauge: Gauge) => void | Promise<void>,
): void {
  new Gauge({
    name: `millrace_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      this.reset();
      await collect(this);
    },
  });
}

function logMetrics(registry: Registry, { store, projector }: MetricsOptions): void {
  gauge(registry, ['log_head_position', 'Position of the last event of the log'], [], async (set) =>
    set.set(Number((await store.head()).position)),
  );
  gauge(registry, ['projection_position', 'Everything up to here is in the view'], ['projection'], (set) =>
    projector.status().forEach(({ name, checkpoint }) => set.set({ projection: name }, Number(checkpoint))),
  );
  gauge(registry, ['projection_lag_events', 'Events between the view and the head of the log'], ['projection'], (set) =>
    projector.status().forEach(({ name, lag }) => set.set({ projection: name }, lag)),
  );
  gauge(
    registry,
    ['projection_stopped', '1 when the view has met something that it does not know'],
    ['projection'],
    (set) =>
      projector
        .status()
        .forEach(({ name, stoppedBy }) => set.set({ projection: name }, stoppedBy === undefined ? 0 : 1)),
  );
}

function consumerMetrics(registry: Registry, { messages }: MetricsOptions): void {
  gauge(
    registry,
    ['consumer_position', 'Everything up to here has been handled or parked'],
    ['consumer'],
    async (set) =>
      (await messages.consumers()).forEach(({ name, position }) => set.set({ consumer: name }, Number(position))),
  );
  gauge(
    registry,
    ['consumer_lag_events', 'Events between the consumer and the head of the log'],
    ['consumer'],
    async (set) => (await messages.consumers()).forEach(({ name, lag }) => set.set({ consumer: name }, lag)),
  );
  gauge(registry, ['messages_parked', 'Messages set aside with their cause'], ['consumer'], async (set) =>
    (await messages.consumers()).forEach(({ name, parked }) => set.set({ consumer: name }, parked)),
  );
}

function jobMetrics(registry: Registry, { runnerJobs, sockets }: MetricsOptions): void {
  gauge(registry, ['jobs_offered', 'Jobs that wait for a runner'], [], (set) => set.set(runnerJobs.status().offered));
  gauge(registry, ['jobs_leased', 'Jobs that runners are at work on'], [], (set) =>
    set.set(runnerJobs.status().leased),
  );
  gauge(registry, ['runners', 'Runners that were heard of'], [], (set) => set.set(runnerJobs.status().runners.length));
  gauge(registry, ['sockets', 'Open subscription sockets'], [], (set) => set.set(sockets()));
}

function processMetrics(
  registry: Registry,
  { dataDirectory }: MetricsOptions,
  loop: ReturnType<typeof monitorEventLoopDelay>,
): void {
  gauge(
    registry,
    ['event_loop_delay_seconds', 'How late the event loop was since the last scrape'],
    ['quantile'],
    (set) => {
      // Node tells the time between two samples, of which only what is beyond the interval is delay.
      const late = (ns: number): number => Math.max(0, ns - LOOP_SAMPLE_MS * NS_PER_MS) / NS_PER_S;
      for (const quantile of QUANTILES) set.set({ quantile }, late(loop.percentile(quantile * 100)));
      set.set({ quantile: 1 }, late(loop.max));
      loop.reset();
    },
  );
  gauge(registry, ['resident_memory_bytes', 'Memory of the process'], [], (set) => set.set(process.memoryUsage.rss()));
  if (dataDirectory === undefined) return;
  gauge(registry, ['disk_bytes', 'The file system of the data directory'], ['state'], async (set) => {
    const { bsize, blocks, bavail, bfree } = await statfs(dataDirectory);
    set.set({ state: 'total' }, blocks * bsize);
    set.set({ state: 'used' }, (blocks - bfree) * bsize);
    set.set({ state: 'available' }, bavail * bsize);
  });
}
