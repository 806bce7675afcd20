import { brokenPromises, type Aftermath, type EventView } from './promises.js';

const EXECUTION = 'E1';

function event(position: number, type: string, data: EventView['data'] = {}): EventView {
  return { position: `L.${position}`, type, category: 'execution', executionId: EXECUTION, data };
}

const build = { actionExecutionId: 'A1', action: 'Build' };

/** A run in which everything was kept. */
function aftermath(changes: Partial<Aftermath> = {}, ...more: readonly EventView[]): Aftermath {
  return {
    executionId: EXECUTION,
    status: 'Succeeded',
    events: [
      event(1, 'PipelineCreated'),
      event(2, 'ExecutionAdmitted'),
      event(3, 'ExecutionStarted'),
      event(4, 'ActionStarted', { ...build, work: 'job', actionTypeId: { category: 'Build' } }),
      event(5, 'JobLeased', build),
      event(6, 'JobSucceeded', build),
      event(7, 'ApprovalGranted'),
      ...more,
    ],
    acknowledged: [{ what: 'createPipeline', position: 'L.1', type: 'PipelineCreated' }],
    effects: ['A1'],
    served: 'one',
    released: 'one',
    ...changes,
  };
}

test('a run that keeps everything breaks nothing', () => {
  expect(brokenPromises(aftermath())).toEqual([]);
});

test('an acknowledged change that is not in the log is found', () => {
  const acknowledged = [{ what: 'castVote', position: 'L.9', type: 'VoteCast' }];
  expect(brokenPromises(aftermath({ acknowledged }))).toEqual([expect.stringContaining('the log has nothing')]);
});

test('an execution that hangs is found', () => {
  expect(brokenPromises(aftermath({ status: 'InProgress' }))).toEqual(['execution E1 is InProgress and not over']);
});

test('a failure is excused by RunnerLost, and by nothing else', () => {
  const failed = (code: string) =>
    aftermath({ status: 'Failed' }, event(8, 'ActionFinished', { ...build, status: 'Failed', error: { code } }));
  expect(brokenPromises(failed('RunnerLost'))).toEqual([]);
  expect(brokenPromises(failed('JobFailed'))).toEqual([expect.stringContaining('JobFailed')]);
});

test('work that was done twice for one lease, or never for a report, is found', () => {
  expect(brokenPromises(aftermath({ effects: ['A1', 'A1'] }))).toEqual([expect.stringContaining('worked 2 times')]);
  expect(brokenPromises(aftermath({ effects: [] }))).toEqual([expect.stringContaining('worked 0 times')]);
  expect(brokenPromises(aftermath({ effects: ['A1', 'A2'] }))).toEqual(['A2 has worked and was never started']);
});

test('work of a lost lease may have begun or not', () => {
  const lost = [event(8, 'JobReturned', build), event(9, 'JobLeased', build), event(10, 'JobLost', build)];
  expect(brokenPromises(aftermath({ effects: ['A1', 'A1', 'A1'] }, ...lost))).toHaveLength(1);
  expect(brokenPromises(aftermath({ effects: ['A1', 'A1'] }, ...lost))).toEqual([]);
});

test('a start that happened twice is found', () => {
  expect(brokenPromises(aftermath({}, event(8, 'ExecutionAdmitted')))).toEqual(['ExecutionAdmitted happened 2 times']);
});

test('a success that serves something else is found', () => {
  expect(brokenPromises(aftermath({ served: undefined }))).toEqual([expect.stringContaining('serves undefined')]);
});
