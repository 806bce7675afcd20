import { streams, type JsonObject, type StreamName } from '@millrace/contracts';
import { NEW_STREAM, type RecordedEvent } from '@millrace/event-store';
import { ADA, shop } from '../testing/world.js';
import { STARTED } from '../domain/testing/execution.fixtures.js';
import { admissionPolicy, vacancyPolicy, type PolicyReads } from './policies.js';

const EXECUTION = streams.execution('default', 'E1');

function recorded(stream: StreamName, revision: number, type: string, data: object): RecordedEvent {
  const of = { stream, revision, type, version: 1 };
  const metadata = { ...of, id: `${stream}@${revision}`, time: '', project: 'default', pipelineId: 'p1' };
  return {
    ...of,
    category: stream === EXECUTION ? 'execution' : 'traffic',
    position: 1n,
    data: data as JsonObject,
    metadata: { ...metadata, executionId: 'E1', commandId: '', actor: ADA, correlationId: '' },
    hash: '',
  };
}

/** The definition at the head, and what the execution's stream holds. */
function reads(
  head: { readonly pipelineId: string; readonly version: number } | undefined,
  ...events: RecordedEvent[]
) {
  const given: PolicyReads = {
    definitions: {
      head: async () => head && { ...head, declaration: shop() },
      version: async () => undefined,
    },
    store: {
      readStream: async (_stream, { from = 0, limit = 100 } = {}) => ({
        events: events.slice(from, from + limit),
        head: NEW_STREAM,
      }),
    },
  };
  return given;
}

const started = recorded(EXECUTION, 0, 'ExecutionStarted', STARTED);
const traffic = streams.traffic('default', 'p1');
const admitted = recorded(traffic, 0, 'ExecutionAdmitted', { ...STARTED, missingVariables: [] });
const retried = recorded(traffic, 1, 'RetryAdmitted', { executionId: 'E1', stage: 'Build', mode: 'ALL_ACTIONS' });

describe.each([
  ['a start', admitted, 'BeginExecution'],
  ['a retry', retried, 'RetryStage'],
])('what was admitted: %s', (_, event, carriedOut) => {
  const types = async (head: Parameters<typeof reads>[0]) =>
    (await admissionPolicy(event, reads(head, started))).map(({ type, data }) => [
      type,
      data['version'],
      data['deleted'],
    ]);

  test('is carried out', async () =>
    expect(await types({ pipelineId: 'p1', version: 1 })).toEqual([[carriedOut, undefined, undefined]]));

  test('and cancelled, where the definition had been changed by then', async () =>
    expect(await types({ pipelineId: 'p1', version: 2 })).toEqual([
      [carriedOut, undefined, undefined],
      ['CancelOutdated', 2, false],
    ]));

  test.each([undefined, { pipelineId: 'p2', version: 1 }])('or deleted, also when it was created anew', async (head) =>
    expect(await types(head)).toEqual([
      [carriedOut, undefined, undefined],
      ['CancelOutdated', 0, true],
    ]),
  );
});

describe('an execution that is over', () => {
  const over = (status: string) => recorded(EXECUTION, 2, 'ExecutionFinished', { status });
  const between = recorded(EXECUTION, 1, 'StopRequested', { abandon: false });
  const inside = recorded(EXECUTION, 1, 'StageFinished', { stage: 'Build', status: 'Stopped' });

  test.each(['Stopped', 'Cancelled'])('%s between stages: it gives up the place where it may wait', async (status) =>
    expect(await vacancyPolicy(over(status), reads(undefined, started, between))).toEqual([
      { target: 'traffic', type: 'LeaveStage', data: { executionId: 'E1', outcome: status } },
    ]),
  );

  test('inside a stage: it vacates that, and claims nothing of where a retry may wait by now', async () =>
    expect(await vacancyPolicy(over('Stopped'), reads(undefined, started, inside))).toEqual([]));

  test.each(['Failed', 'Succeeded', 'Superseded'])('%s: it waits nowhere', async (status) =>
    expect(await vacancyPolicy(over(status), reads(undefined, started, between))).toEqual([]),
  );
});
