import { DEFAULT_PROJECT, streams, type JsonObject } from '@millrace/contracts';
import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import { NEW_STREAM, type EventBatch, type EventStore, type RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand } from '@millrace/messaging';
import type { ReadModels } from '@millrace/read-models';
import { OperationalError } from '@millrace/runtime';
import { fakeTime } from '@millrace/runtime/testing';
import { executionDecider } from '../domain/execution.decider.js';
import { begin, enter, jobId, lease, planned } from '../domain/testing/execution.fixtures.js';
import { ADA } from '../testing/world.js';
import { JobSecrets } from './job-secrets.js';
import { ExecutionRunnerJobs } from './runner-jobs.js';
import type { SourceWatch } from './source-watch.js';

const TERM_MS = 3_000;

/** What an execution's stream holds after some commands. */
function historyOf(
  executionId: string,
  ...commands: Parameters<typeof executionDecider.decide>[0][]
): ExecutionEvent[] {
  const history: ExecutionEvent[] = [];
  for (const command of commands) {
    const decision = executionDecider.decide(
      command,
      history.reduce(executionDecider.evolve, executionDecider.initial),
    );
    if (!decision.accepted) throw new Error(`${executionId}: ${decision.message}`);
    history.push(...decision.events);
  }
  return history;
}

async function setUp(events: readonly RecordedEvent[]) {
  const time = fakeTime();
  const warnings: string[] = [];
  const sent: AddressedCommand[] = [];
  const away: { store?: Error } = {};
  const store = {
    async readStream() {
      if (away.store !== undefined) throw away.store;
      return { events: [], head: NEW_STREAM };
    },
    async *subscribe({ signal }: { signal: AbortSignal }): AsyncIterable<EventBatch> {
      yield { events, checkpoint: BigInt(events.length), caughtUp: true };
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const jobs = new ExecutionRunnerJobs(
    {
      store: store as unknown as EventStore,
      readModels: {
        checkpoint: async () => 0n,
        page: async () => ({ items: [], hasMore: false }),
      } as unknown as ReadModels,
      commands: {
        send: async (command) => {
          sent.push(command);
          return { accepted: true, position: undefined, events: [] };
        },
      },
      secrets: new JobSecrets(Buffer.alloc(32, 1)),
      clock: time.clock,
      timers: time.timers,
      leaseTermMs: TERM_MS,
      logger: { warn: (_fields, sentence) => void warnings.push(sentence) },
    },
    () => ({ answerOf: () => undefined, renew: () => false }) as unknown as SourceWatch,
  );
  await jobs.start();
  // The events are folded.
  await new Promise((resolve) => setImmediate(resolve));
  return { time, jobs, sent, warnings, away };
}

let position = 0n;
function recorded(
  executionId: string,
  event: { type: string; data: object },
  revision: number,
  version = 1,
): RecordedEvent {
  position += 1n;
  const stream = streams.execution(DEFAULT_PROJECT, executionId);
  const of = { type: event.type, version, stream, revision };
  const by = { project: DEFAULT_PROJECT, pipelineId: 'p1', executionId, commandId: '', actor: ADA, correlationId: '' };
  return {
    ...of,
    category: 'execution',
    position,
    data: event.data as JsonObject,
    metadata: { ...of, ...by, id: '', time: '' },
    hash: '',
  };
}

const leased = historyOf('E1', begin(), enter('Build', planned('a')), lease(jobId('a'))).map((event, revision) =>
  recorded('E1', event, revision),
);
const losses = (sent: readonly AddressedCommand[]) => sent.filter(({ type }) => type === 'LoseJob').length;

describe('ExecutionRunnerJobs', () => {
  test('a lease lapses after its term, not before', async () => {
    const { time, sent } = await setUp(leased);
    await time.advance(TERM_MS);
    expect(losses(sent)).toBe(0);
    await time.advance(500);
    expect(losses(sent)).toBe(1);
  });

  test('an execution that this release can not read is left alone, and holds up no other', async () => {
    const unknown = recorded(
      'E0',
      { type: 'ExecutionStarted', data: {} },
      0,
      executionEventTypes.versions.ExecutionStarted + 1,
    );
    const { jobs, warnings } = await setUp([unknown, ...leased]);
    expect(warnings).toEqual(['An execution can not be read; nobody works on it']);
    expect(jobs.status()).toMatchObject({ leased: 1 });
  });

  test('a lease whose execution only the store could tell of is kept while that is away, then forgotten', async () => {
    const unknown = recorded(
      'E1',
      { type: 'JobEnded', data: {} },
      leased.length,
      executionEventTypes.versions.JobEnded + 1,
    );
    const { time, jobs, sent, warnings, away } = await setUp([...leased, unknown]);
    warnings.length = 0;
    away.store = new OperationalError('The store is away.', { retryable: true });
    await time.advance(TERM_MS + 500);
    expect(warnings).toEqual(['A lost job could not be recorded; trying again']);
    delete away.store;
    await time.advance(TERM_MS + 500);
    expect(jobs.status()).toMatchObject({ leased: 0 });
    expect(losses(sent)).toBe(0);
  });

  test('stopping answers who waits, and leaves no timer', async () => {
    const { time, jobs } = await setUp(leased);
    const signal = new AbortController().signal;
    const waiting = [
      jobs.lease(ADA, DEFAULT_PROJECT, { requestId: 'q1', runnerId: 'r2', labels: [], waitMs: 20_000 }, signal),
      jobs.heartbeat(ADA, DEFAULT_PROJECT, { runnerId: 'r2', jobs: [], waitMs: 20_000 }, signal),
    ];
    await jobs.stop();
    expect(await Promise.all(waiting)).toEqual([{}, { jobs: [] }]);
    expect(await jobs.heartbeat(ADA, DEFAULT_PROJECT, { runnerId: 'r2', jobs: [], waitMs: 20_000 }, signal)).toEqual({
      jobs: [],
    });
    expect(time.armed).toBe(0);
  });
});
