import type { ExecutionState } from '../../api/generated/operations.js';
import { ticks, waterfall } from './waterfall.js';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const job = (offered: number, leased?: number, ended?: number) => ({
  offeredAt: at(offered),
  leasedAt: leased === undefined ? null : at(leased),
  endedAt: ended === undefined ? null : at(ended),
});
const attempt = (changes: object) => ({
  status: 'Succeeded',
  approval: null,
  jobs: [],
  startedAt: at(0),
  finishedAt: null,
  ...changes,
});
const stage = (name: string, from: number | null, to: number | null, ...attempts: object[]) => ({
  name,
  retries: 0,
  startedAt: from === null ? null : at(from),
  finishedAt: to === null ? null : at(to),
  actions: [{ name: 'Do', attempts }],
});
const execution = (stages: object[], changes: object = {}) =>
  ({ startedAt: at(0), waiting: null, stages, ...changes }) as unknown as ExecutionState;

describe('waterfall', () => {
  test('tells waiting for a runner from working', () => {
    const [row] = waterfall(execution([stage('Build', 0, 9, attempt({ jobs: [job(1, 4, 9)] }))]));
    expect(row?.actions[0]?.segments).toMatchObject([
      { kind: 'waits', from: 1_000, until: 4_000 },
      { kind: 'works', look: 'succeeded', from: 4_000, until: 9_000 },
    ]);
  });

  test('a job that nobody has taken waits, and goes on waiting', () => {
    const [row] = waterfall(execution([stage('Build', 0, null, attempt({ status: 'InProgress', jobs: [job(1)] }))]));
    expect(row?.actions[0]?.segments).toMatchObject([{ kind: 'waits', from: 1_000, until: undefined }]);
  });

  test('what was handed back was waited for twice', () => {
    const [row] = waterfall(execution([stage('Build', 0, 9, attempt({ jobs: [job(1, 2, 3), job(3, 5, 9)] }))]));
    expect(row?.actions[0]?.segments.map(({ kind }) => kind)).toEqual(['waits', 'works', 'waits', 'works']);
  });

  test('an approval asks', () => {
    const [row] = waterfall(execution([stage('Gate', 0, null, attempt({ status: 'InProgress', approval: {} }))]));
    expect(row?.actions[0]?.segments).toMatchObject([{ kind: 'asks', look: 'person', until: undefined }]);
  });

  test('between two stages it waited, where that took a second or more', () => {
    const rows = waterfall(execution([stage('A', 0, 2), stage('B', 2.9, 3), stage('C', 9, null)]));
    expect(rows.map(({ segments }) => segments.map(({ from, until }) => [from, until]))).toEqual([
      [],
      [],
      [[3_000, 9_000]],
    ]);
  });

  test('a stage that was run again was not waited for meanwhile', () => {
    const [, row] = waterfall(execution([stage('A', 0, 2), { ...stage('B', 50, 60), retries: 1 }]));
    expect(row?.segments).toEqual([]);
  });

  test('what waits now says why', () => {
    const waiting = { stage: 'B', since: at(2), explanation: 'Waits before B: closed' };
    const [, row] = waterfall(execution([stage('A', 0, 2), stage('B', null, null)], { waiting }));
    expect(row?.segments).toMatchObject([{ from: 2_000, until: undefined, word: 'Waits before B: closed' }]);
  });
});

test.each([
  [900, 5],
  [5_000, 6],
  [3_600_000, 7],
  [90 * 86_400_000, 7],
])('a span of %d ms has %d round ticks', (span, count) => expect(ticks(span)).toHaveLength(count));
