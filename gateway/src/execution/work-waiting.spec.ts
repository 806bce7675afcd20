import { fakeTime } from '@millrace/runtime/testing';
import { liveIterator } from '../live/live-iterator.js';
import { WorkWaiting } from './work-waiting.js';

const SINCE = '2026-11-24T12:00:00.000Z';

interface Seen {
  readonly labels: readonly string[];
  readonly lastSeenAt: string;
}

function waiting(...runners: readonly Seen[]) {
  const time = fakeTime(SINCE);
  const seen = [...runners];
  const status = () => ({
    offered: 1,
    leased: 0,
    runners: seen.map((runner, n) => ({ runnerId: `r-${n}`, name: 'runner', jobs: 0, ...runner })),
  });
  return { time, seen, of: new WorkWaiting({ status }, time.clock, time.timers) };
}

const offered = (...labels: readonly string[]) => ({ labels, since: SINCE });
const now = (...labels: readonly string[]): Seen => ({ labels, lastSeenAt: SINCE });

test('a job whose labels no runner has waits for one that has them all', () => {
  const { of } = waiting(now('linux'), now('gpu', 'arm64'));
  expect(of.of(offered('linux', 'gpu'))).toEqual({
    cause: 'NO_RUNNER',
    labels: ['linux', 'gpu'],
    since: SINCE,
    explanation: 'No runner with the labels linux, gpu is connected.',
  });
  expect(of.of(offered('windows'))?.explanation).toBe('No runner with the label windows is connected.');
  expect(of.of(offered('gpu'))).toBeUndefined();
  expect(of.of(offered())).toBeUndefined();
  expect(of.of(undefined)).toBeUndefined();
});

test('a job without labels waits only where there is nobody', () => {
  expect(waiting().of.of(offered())?.explanation).toBe('No runner is connected.');
});

test('a runner that was not heard of for longer than a long poll lasts is not there', async () => {
  const { of, time } = waiting(now('gpu'));
  await time.advance(29_999);
  expect(of.of(offered('gpu'))).toBeUndefined();
  await time.advance(1);
  expect(of.of(offered('gpu'))).toBeDefined();
});

test('a follower is told when runners come and go while something waits', async () => {
  const { of, time, seen } = waiting();
  let next: ((state: string | undefined) => void) | undefined;
  const states = liveIterator<string>(() => new Promise((resolve) => (next = resolve)));
  const got: string[] = [];
  void (async () => {
    for await (const state of of.followed(states, (each) => each === 'queued')) got.push(state);
  })();
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  next?.('queued');
  await turn();
  await time.advance(60_000);
  expect(got).toEqual(['queued']);
  seen.push({ labels: ['gpu'], lastSeenAt: time.clock.now() });
  await time.advance(2_000);
  expect(got).toEqual(['queued', 'queued']);
  // It goes without a word.
  await time.advance(29_000);
  expect(got).toEqual(['queued', 'queued', 'queued']);
  next?.('running');
  await turn();
  await time.advance(60_000);
  expect(got).toEqual(['queued', 'queued', 'queued', 'running']);
});
