import type { JsonObject } from '@millrace/contracts';
import type { JobResult, LookJob } from '@millrace/contracts/runner';
import type { EventBatch, EventStore } from '@millrace/event-store';
import type { AddressedCommand } from '@millrace/messaging';
import type { ReadModels } from '@millrace/read-models';
import { fakeIds, fakeTime } from '@millrace/runtime/testing';
import { shop, source } from '../testing/world.js';
import { JobQueue } from './job-queue.js';
import { JobSecrets } from './job-secrets.js';
import { SourceWatch } from './source-watch.js';

const ADA = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' } as const;
const SECOND_MS = 1_000;

/** The watch with a log that the test writes and a queue that the test leases from. */
async function setUp() {
  const time = fakeTime();
  const queue = new JobQueue(time.timers);
  const sent: AddressedCommand[] = [];
  const log = feed();
  const answer: { fails?: Error } = {};
  const watch = new SourceWatch({
    store: { subscribe: log.subscribe } as unknown as EventStore,
    readModels: {
      checkpoint: async () => 0n,
      page: async () => ({ items: [], hasMore: false }),
    } as unknown as ReadModels,
    commands: {
      send: async (command) => {
        sent.push(command);
        if (answer.fails !== undefined) throw answer.fails;
        return { accepted: true, position: undefined, events: [] };
      },
    },
    secrets: new JobSecrets(Buffer.alloc(32, 1)),
    clock: time.clock,
    ids: fakeIds(),
    timers: time.timers,
    queue,
    logger: { warn: () => undefined },
  });
  await watch.start();
  let requests = 0;
  /** The next look, if there is one now. */
  const lease = async (): Promise<LookJob | undefined> => {
    requests += 1;
    const request = { requestId: `q${requests}`, runnerId: 'r1', labels: [], waitMs: 0 };
    const leased = queue.lease('default', request, new AbortController().signal);
    await time.advance(0);
    return (await leased).job as LookJob | undefined;
  };
  const report = (look: LookJob, result: JobResult) => {
    const grant = watch.grant(look.jobId);
    return grant === undefined ? undefined : watch.report(grant, { nonce: look.nonce, result });
  };
  const define = async (configuration: Record<string, string>, version = 1) => {
    const declaration = shop(['Source', source('Src', { PollIntervalSeconds: '5', ...configuration })]);
    await log.push(version === 1 ? 'PipelineCreated' : 'PipelineUpdated', { name: 'shop', version, declaration });
  };
  return {
    time,
    queue,
    watch,
    sent,
    answer,
    lease,
    report,
    define,
    remove: () => log.push('PipelineDeleted', { name: 'shop' }),
  };
}

function feed() {
  let position = 0n;
  let deliver: ((batch: EventBatch) => void) | undefined;
  return {
    async *subscribe({ signal }: { signal: AbortSignal }): AsyncIterable<EventBatch> {
      while (!signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<EventBatch | undefined>();
        deliver = resolve;
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
        const batch = await promise;
        if (batch === undefined) return;
        yield batch;
      }
    },
    async push(type: string, data: object): Promise<void> {
      position += 1n;
      const metadata = {
        id: '',
        type,
        version: 1,
        stream: '',
        revision: 0,
        time: '',
        project: 'default',
        pipelineId: 'p1',
      };
      const event = { ...metadata, commandId: '', actor: ADA, correlationId: '' };
      const whole = { pipelineId: 'p1', ...data } as unknown as JsonObject;
      deliver?.({
        events: [{ type, version: 1, category: 'pipeline', position, data: whole, metadata: event, hash: '' } as never],
        checkpoint: position,
        caughtUp: true,
      });
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const seen = (revisionId: string): JobResult => ({ status: 'looked', revision: { revisionId } });

describe('SourceWatch', () => {
  test('looks at once, then an interval after each report, and never twice at once', async () => {
    const { time, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const look = await lease();
    expect(look).toMatchObject({ kind: 'look', actionName: 'Src' });
    await time.advance(20 * SECOND_MS);
    expect(await lease()).toBeUndefined();
    if (look !== undefined) await report(look, seen('c1'));
    await time.advance(4 * SECOND_MS);
    expect(await lease()).toBeUndefined();
    await time.advance(SECOND_MS);
    expect(await lease()).toBeDefined();
  });

  test('a look whose runner died is looked again after a minute and the interval; its late report is refused', async () => {
    const { time, sent, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const look = await lease();
    await time.advance(60 * SECOND_MS);
    await time.advance(5 * SECOND_MS);
    expect(await lease()).toBeDefined();
    expect(look && report(look, seen('c1'))).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('a changed source is looked at anew at once; the look that is out counts no more and starts no second rhythm', async () => {
    const { time, sent, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const old = await lease();
    await define({ PollForSourceChanges: 'true', BranchName: 'next' }, 2);
    const anew = await lease();
    expect(anew?.configuration).toMatchObject({ BranchName: 'next' });
    expect(old && report(old, seen('c1'))).toBeUndefined();
    if (anew !== undefined) await report(anew, seen('c2'));
    expect(sent).toHaveLength(1);
    expect(time.armed).toBe(1);
  });

  test('a source that changes while its report is recorded keeps one rhythm', async () => {
    const { time, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const old = await lease();
    const reported = old && report(old, seen('c1'));
    await define({ PollForSourceChanges: 'true', BranchName: 'next' }, 2);
    await reported;
    const anew = await lease();
    if (anew !== undefined) await report(anew, seen('c2'));
    expect(time.armed).toBe(1);
  });

  test('an update of something else does not look again', async () => {
    const { lease, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    await lease();
    await define({ PollForSourceChanges: 'true' }, 2);
    expect(await lease()).toBeUndefined();
  });

  test('a deleted pipeline is looked at no more', async () => {
    const { time, watch, lease, report, define, remove } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const look = await lease();
    await remove();
    expect(look && report(look, seen('c1'))).toBeUndefined();
    expect(time.armed).toBe(0);
    expect(watch.lookNow('default', 'shop')).toBe(false);
  });

  test('a look on request while one is out is made after it, since that one may have come too early', async () => {
    const { watch, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'false' });
    expect(watch.lookNow('default', 'shop', 'Src')).toBe(true);
    const first = await lease();
    watch.lookNow('default', 'shop', 'Src');
    watch.lookNow('default', 'shop', 'Src');
    expect(await lease()).toBeUndefined();
    if (first !== undefined) await report(first, seen('c1'));
    const second = await lease();
    expect(second).toBeDefined();
    if (second !== undefined) await report(second, seen('c2'));
    expect(await lease()).toBeUndefined();
  });

  test('a report that could not be recorded is not over: the runner sends it again', async () => {
    const { answer, sent, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const look = await lease();
    if (look === undefined) throw new Error('There is a look.');
    answer.fails = new Error('The store is away.');
    await expect(report(look, seen('c1'))).rejects.toThrow('The store is away.');
    delete answer.fails;
    expect(await report(look, seen('c1'))).toMatchObject({ accepted: true });
    expect(sent).toHaveLength(2);
  });

  test('stopping ends every timer, also of a report that comes later', async () => {
    const { time, watch, queue, lease, report, define } = await setUp();
    await define({ PollForSourceChanges: 'true' });
    const look = await lease();
    await watch.stop();
    queue.stop();
    await (look && report(look, seen('c1')));
    expect(time.armed).toBe(0);
  });
});
