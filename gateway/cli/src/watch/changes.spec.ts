import type { ExecutionView } from '../platform/values.js';
import { action, at, attempt, execution, stage } from '../testing/execution-views.js';
import { changesBetween } from './changes.js';
import type { WatchItem } from './watch-item.js';

/** `stage Test InProgress`, `action Test/Unit Failed` … */
function brief(items: readonly WatchItem[]): readonly string[] {
  return items.map((item) => {
    switch (item.type) {
      case 'stage':
        return `stage ${item.stage} ${item.status}`;
      case 'action':
        return `action ${item.stage}/${item.action}#${item.attempt} ${item.status}`;
      case 'execution':
        return `execution ${item.status}${item.resumed ? ' again' : ''}`;
      default:
        return item.type;
    }
  });
}

const over = { status: 'Succeeded', statusSince: at(3), finishedAt: at(3) } as const;
const built = stage('Build', { ...over, startedAt: at(1), actions: [action('Compile', [attempt(over)])] });

test('the first state tells everything that has happened, in its order', () => {
  const now = execution({
    stages: [
      built,
      stage('Test', {
        status: 'InProgress',
        statusSince: at(3),
        startedAt: at(3),
        actions: [
          action('Unit', [attempt({ id: 'u', startedAt: at(4) })]),
          action('Smoke', [
            attempt({ id: 's', startedAt: at(3), status: 'Failed', statusSince: at(5), finishedAt: at(5) }),
          ]),
        ],
      }),
    ],
  });
  expect(brief(changesBetween(undefined, now))).toEqual([
    'execution InProgress',
    'stage Build InProgress',
    'action Build/Compile#1 InProgress',
    'action Build/Compile#1 Succeeded',
    'stage Build Succeeded',
    'stage Test InProgress',
    'action Test/Smoke#1 InProgress',
    'action Test/Unit#1 InProgress',
    'action Test/Smoke#1 Failed',
  ]);
});

test('a state that was seen already tells nothing', () => {
  const now = execution({ stages: [built] });
  expect(changesBetween(now, now)).toEqual([]);
});

test('states that were skipped lose nothing: an attempt that began and ended meanwhile is told whole', () => {
  const before = execution({ stages: [stage('Build')] });
  expect(brief(changesBetween(before, execution({ stages: [built] })))).toEqual([
    'stage Build InProgress',
    'action Build/Compile#1 InProgress',
    'action Build/Compile#1 Succeeded',
    'stage Build Succeeded',
  ]);
});

test('what happened at one instant is told in the order in which it can have happened', () => {
  const same = { startedAt: at(1), statusSince: at(1), finishedAt: at(1), status: 'Succeeded' } as const;
  const now = execution({
    stages: [
      stage('Build', {
        ...same,
        actions: [
          action('Later', [attempt({ ...same, id: 'l' })], { runOrder: 2 }),
          action('Sooner', [attempt({ ...same, id: 's' })], { runOrder: 1 }),
        ],
      }),
      stage('Test', { status: 'InProgress', statusSince: at(1), startedAt: at(1) }),
    ],
  });
  expect(brief(changesBetween(execution(), now))).toEqual([
    'stage Build InProgress',
    'action Build/Sooner#1 InProgress',
    'action Build/Sooner#1 Succeeded',
    'action Build/Later#1 InProgress',
    'action Build/Later#1 Succeeded',
    'stage Build Succeeded',
    'stage Test InProgress',
  ]);
});

test('a retry goes on: the new attempt is told, the first one is not repeated', () => {
  const first = attempt({ id: 'first', status: 'Failed', statusSince: at(2), finishedAt: at(2) });
  const failed: ExecutionView = execution({
    status: 'Failed',
    statusSince: at(2),
    finishedAt: at(2),
    stages: [
      stage('Test', { status: 'Failed', statusSince: at(2), startedAt: at(1), actions: [action('Unit', [first])] }),
    ],
  });
  const again = execution({
    statusSince: at(60),
    stages: [
      stage('Test', {
        status: 'InProgress',
        statusSince: at(60),
        startedAt: at(60),
        retries: 1,
        actions: [
          action('Unit', [first, attempt({ id: 'second', attempt: 2, startedAt: at(60), statusSince: at(60) })]),
        ],
      }),
    ],
  });
  expect(brief(changesBetween(failed, again))).toEqual([
    'execution InProgress again',
    'stage Test InProgress',
    'action Test/Unit#2 InProgress',
  ]);
});

test('what it waits for is told once', () => {
  const waiting = { stage: 'Deploy', cause: 'LOCKED', explanation: 'Waits before Deploy: #6 is inside.', since: at(9) };
  const now = execution({ waiting });
  expect(brief(changesBetween(execution(), now))).toEqual(['waiting']);
  expect(changesBetween(now, execution({ waiting }))).toEqual([]);
});

test('why a job is with nobody is told once for each reason', () => {
  const queued = (explanation: string | null) => {
    const waiting = explanation === null ? null : { cause: 'NO_RUNNER', explanation, since: at(2) };
    return execution({
      stages: [stage('Test', { startedAt: at(1), actions: [action('Unit', [attempt({ work: 'QUEUED', waiting })])] })],
    });
  };
  const [nobody, none] = ['No runner with the label gpu is connected.', 'No runner is connected.'];
  const told = changesBetween(queued(null), queued(nobody));
  expect(told).toEqual([
    { type: 'waiting', at: at(2), stage: 'Test', action: 'Unit', cause: 'NO_RUNNER', explanation: nobody },
  ]);
  expect(changesBetween(queued(nobody), queued(nobody))).toEqual([]);
  expect(brief(changesBetween(queued(nobody), queued(none)))).toEqual(['waiting']);
  expect(changesBetween(queued(nobody), queued(null))).toEqual([]);
  const joined = changesBetween(undefined, queued(nobody));
  expect(brief(joined).at(-1)).toBe('waiting');
});

test.each([
  [
    {
      status: 'Stopped',
      stop: { abandon: false, reason: 'wrong commit', by: { kind: 'token', id: 't', name: 'grace' }, at: at(1) },
    },
    'Stopped by grace: wrong commit',
  ],
  [{ status: 'Superseded', supersededBy: 'another' }, 'Execution another took its place.'],
  [{ status: 'Cancelled', summary: 'The pipeline was changed.' }, 'The pipeline was changed.'],
  [{ status: 'Succeeded' }, null],
] as const)('the end says why: %j', (end, summary) => {
  const now = execution({ ...end, statusSince: at(30), finishedAt: at(30) });
  expect(changesBetween(execution(), now)).toMatchObject([
    { type: 'execution', status: end.status, durationMs: 30_000, summary },
  ]);
});

test('an attempt that was over when the watch began is marked as past, one that begins later is not', () => {
  const now = execution({ stages: [built] });
  const past = (items: readonly WatchItem[]) => items.flatMap((item) => (item.type === 'action' ? [item.past] : []));
  expect(past(changesBetween(undefined, now))).toEqual([true, true]);
  expect(past(changesBetween(execution({ stages: [stage('Build')] }), now))).toEqual([false, false]);
});
