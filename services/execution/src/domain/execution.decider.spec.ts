import { deciderSpec } from '@millrace/decider/testing';
import type { ExecutionEvent } from '@millrace/contracts/execution';
import { executionDecider } from './execution.decider.js';
import {
  actionId,
  approval,
  begin,
  cancel,
  complete,
  confirm,
  enter,
  expire,
  fails,
  jobId,
  lease,
  lose,
  planned,
  report,
  retryStage,
  stop,
  types,
} from './testing/execution.fixtures.js';

const given = deciderSpec(executionDecider);
type When = ReturnType<ReturnType<typeof given>['when']>;

/** The names of what happened, in order. */
function expectTypes(when: When, ...expected: string[]): void {
  when.thenDecision((decision) =>
    expect(decision.accepted ? types(decision.events as ExecutionEvent[]) : decision).toEqual(expected),
  );
}
const started = given().after(begin());
const running = (...names: string[]) =>
  names.reduce(
    (world, name) => world.after(lease(jobId(name))),
    started.after(enter('Build', ...names.map((name) => planned(name)))),
  );

describe('BeginExecution', () => {
  test('starts', () => expectTypes(given().when(begin()), 'ExecutionStarted'));
  test('again changes nothing', () => started.when(begin()).then());
  test('fails at once without its variables, naming them in the order of their declaration', () => {
    given()
      .when(begin(['A', 'B']))
      .then(expect.objectContaining({ type: 'ExecutionStarted' }), {
        type: 'ExecutionFinished',
        data: { status: 'Failed', summary: "Values for required variables haven't been provided: A,B" },
      });
  });
});

describe('EnterStage', () => {
  test('starts the actions of the lowest run order together, whatever the gaps', () => {
    expectTypes(
      started.when(
        enter('Build', planned('late', { runOrder: 9 }), planned('a', { runOrder: 2 }), planned('b', { runOrder: 2 })),
      ),
      'StageStarted',
      'ActionStarted a',
      'JobOffered',
      'ActionStarted b',
      'JobOffered',
    );
  });

  test('goes out again when the execution was stopped meanwhile, leaving nothing there to be retried', () => {
    started
      .after(stop())
      .when(enter('Build', planned('a')))
      .then({ type: 'StageVacated', data: { stage: 'Build', outcome: 'Cancelled' } });
  });

  test('an approval waits for a person, not for a runner', () => {
    expectTypes(started.when(enter('Build', approval('gate'))), 'StageStarted', 'ActionStarted gate');
  });

  test('resolves variables once, and literally', () => {
    const action = planned('a', {
      configuration: { Where: '#{variables.TARGET}/#{codepipeline.PipelineExecutionId}' },
    });
    started
      .when(enter('Build', action))
      .thenDecision((decision) =>
        expect(decision).toMatchObject({ events: [{}, { data: { configuration: { Where: 'blue/E1' } } }, {}] }),
      );
  });

  test('fails an action whose variable nobody has set, and with it the stage and the execution', () => {
    expectTypes(
      started.when(enter('Build', planned('a', { configuration: { X: '#{Nobody.knows}' } }))),
      'StageStarted',
      'ActionStarted a',
      'ActionFinished a Failed',
      'StageFinished Failed',
      'ExecutionFinished Failed',
      'StageVacated Failed',
    );
  });

  test('fails an action whose input artifact was not stored', () => {
    started.when(enter('Build', planned('a', { inputArtifacts: [{ name: 'Src' }] }))).thenDecision((decision) =>
      expect(decision).toMatchObject({
        events: [
          {},
          {},
          { data: { error: { code: 'ConfigurationError', message: expect.stringContaining('Src') } } },
          {},
          {},
          {},
        ],
      }),
    );
  });

  test('hands outputs on: artifacts by name, variables by namespace', () => {
    const producer = planned('a', { namespace: 'A' });
    const consumer = planned('b', { runOrder: 2, inputArtifacts: [{ name: 'Out' }], configuration: { V: '#{A.v}' } });
    started
      .after(enter('Build', producer, consumer))
      .after(lease(jobId('a')))
      .when(
        report(jobId('a'), {
          status: 'succeeded',
          outputVariables: { v: '#{A.v}' },
          outputArtifacts: [{ name: 'Out', sha256: 's', bytes: 1 }],
        }),
      )
      .thenDecision((decision) =>
        expect(decision).toMatchObject({
          events: [
            { type: 'JobSucceeded' },
            { type: 'ActionFinished' },
            { type: 'ActionStarted', data: { configuration: { V: '#{A.v}' }, inputArtifacts: [{ name: 'Out' }] } },
            {},
          ],
        }),
      );
  });
});

test('what a source action has stored carries its revision to whoever takes it', () => {
  const source = planned('src');
  const build = planned('b', { runOrder: 2, inputArtifacts: [{ name: 'Tree' }] });
  started
    .after(enter('Build', source, build))
    .after(lease(jobId('src')))
    .when(
      report(jobId('src'), {
        status: 'succeeded',
        revision: { revisionId: 'abc' },
        outputArtifacts: [{ name: 'Tree', sha256: 's', bytes: 1 }],
      }),
    )
    .thenDecision((decision) =>
      expect(decision).toMatchObject({
        events: [{}, {}, { data: { inputArtifacts: [{ name: 'Tree', revisionId: 'abc' }] } }, {}],
      }),
    );
});

describe('LeaseJob', () => {
  const offered = started.after(enter('Build', planned('a')));
  test('leases what is offered', () => expectTypes(offered.when(lease(jobId('a'))), 'JobLeased'));
  test('answers the same request again', () =>
    offered
      .after(lease(jobId('a')))
      .when(lease(jobId('a')))
      .then());
  test('refuses another', () =>
    offered
      .after(lease(jobId('a')))
      .when(lease(jobId('a'), 'L2'))
      .thenRefused('JOB_NOT_OFFERED'));
});

describe('ReportJob', () => {
  test('the last action ends the stage, not the execution', () =>
    expectTypes(
      running('a').when(report(jobId('a'))),
      'JobSucceeded',
      'ActionFinished a Succeeded',
      'StageFinished Succeeded',
      'StageVacated Succeeded',
    ));

  test('the last action of the last stage ends the execution', () => {
    const world = running('a')
      .after(report(jobId('a')))
      .after(enter('Deploy', planned('d')))
      .after(lease(jobId('d', 1, 1, 'Deploy')));
    expectTypes(
      world.when(report(jobId('d', 1, 1, 'Deploy'))),
      'JobSucceeded',
      'ActionFinished d Succeeded',
      'StageFinished Succeeded',
      'ExecutionFinished Succeeded',
      'StageVacated Succeeded',
    );
  });

  test('a failure lets running siblings end, then fails the stage and starts no higher group', () => {
    const world = started
      .after(enter('Build', planned('a'), planned('b'), planned('later', { runOrder: 2 })))
      .after(lease(jobId('a')))
      .after(lease(jobId('b')));
    expectTypes(world.when(report(jobId('a'), fails)), 'JobFailed', 'ActionFinished a Failed');
    expectTypes(
      world.after(report(jobId('a'), fails)).when(report(jobId('b'))),
      'JobSucceeded',
      'ActionFinished b Succeeded',
      'StageFinished Failed',
      'ExecutionFinished Failed',
      'StageVacated Failed',
    );
  });

  test('refuses a nonce that is not this attempt’s', () =>
    running('a')
      .when(report(jobId('a'), undefined, 'other'))
      .thenRefused('STALE_ATTEMPT'));
  test('refuses a second answer', () =>
    running('a')
      .after(report(jobId('a')))
      .when(report(jobId('a'), fails))
      .thenRefused('STALE_ATTEMPT'));
  test('a job handed back is offered again as a new attempt', () => {
    const returned = running('a').after(report(jobId('a'), { status: 'returned', reason: 'stopping' }));
    expectTypes(
      running('a').when(report(jobId('a'), { status: 'returned', reason: 'stopping' })),
      'JobReturned',
      'JobOffered',
    );
    returned.when(report(jobId('a'))).thenRefused('STALE_ATTEMPT');
    expectTypes(returned.when(lease(jobId('a', 2))), 'JobLeased');
  });

  test.each([
    ['stopped', stop(), 'Stopped'],
    ['cancelled', cancel(), 'Cancelled'],
  ])('a job handed back while its execution is being %s is not offered again', (_, ending, status) => {
    expectTypes(
      running('a')
        .after(ending)
        .when(report(jobId('a'), { status: 'returned', reason: 'stopping' })),
      'JobReturned',
      'ActionFinished a Abandoned',
      `StageFinished ${status}`,
      `ExecutionFinished ${status}`,
      `StageVacated ${status}`,
    );
  });

  test('output variables of exactly 122 880 bytes pass, one more does not', () => {
    const of = (bytes: number) => ({ status: 'succeeded', outputVariables: { v: 'x'.repeat(bytes - 1) } }) as const;
    running('a')
      .when(report(jobId('a'), of(122_880)))
      .thenDecision(({ accepted }) => expect(accepted).toBe(true));
    running('a')
      .when(report(jobId('a'), of(122_881)))
      .thenRefused('OUTPUT_VARIABLES_TOO_LARGE');
  });
});

describe('LoseJob', () => {
  test('fails the action with RunnerLost', () => {
    running('a')
      .when(lose(jobId('a')))
      .thenDecision((decision) =>
        expect(decision).toMatchObject({
          events: [{ type: 'JobLost' }, { data: { status: 'Failed', error: { code: 'RunnerLost' } } }, {}, {}, {}],
        }),
      );
  });
  test('a zombie’s late result changes nothing', () =>
    running('a')
      .after(lose(jobId('a')))
      .when(report(jobId('a')))
      .thenRefused('STALE_ATTEMPT'));
  test('of a job that has ended changes nothing', () =>
    running('a')
      .after(report(jobId('a')))
      .when(lose(jobId('a')))
      .then());
});

describe('ExpireAction', () => {
  test('is refused a millisecond before its time', () =>
    running('a').when(expire('a', '2026-11-25T12:59:59.999Z')).thenRefused('NOT_DUE'));
  test('fails the action at its time and keeps the stage locked until the work has ended', () => {
    const due = '2026-11-25T13:00:00.000Z';
    expectTypes(
      running('a').when(expire('a', due)),
      'JobRevoked',
      'ActionFinished a Failed',
      'StageFinished Failed',
      'ExecutionFinished Failed',
    );
    expectTypes(
      running('a')
        .after(expire('a', due))
        .when(confirm(jobId('a'))),
      'JobEnded',
      'StageVacated Failed',
    );
  });
  test('of an ended action changes nothing', () =>
    running('a')
      .after(report(jobId('a')))
      .when(expire('a', '2027-01-01T00:00:00.000Z'))
      .then());
});

describe('StopExecution', () => {
  test('and wait lets what runs end', () => {
    expectTypes(running('a').when(stop()), 'StopRequested');
    expectTypes(
      started
        .after(enter('Build', planned('a'), planned('b', { runOrder: 2 })))
        .after(lease(jobId('a')))
        .after(stop())
        .when(report(jobId('a'))),
      'JobSucceeded',
      'ActionFinished a Succeeded',
      'StageFinished Stopped',
      'ExecutionFinished Stopped',
      'StageVacated Stopped',
    );
  });

  test('in the last action: the stage is Succeeded, the execution Stopped, and it enters no other', () => {
    expectTypes(
      running('a')
        .after(stop())
        .when(report(jobId('a'))),
      'JobSucceeded',
      'ActionFinished a Succeeded',
      'StageFinished Succeeded',
      'ExecutionFinished Stopped',
      'StageVacated Stopped',
    );
  });

  test('after the last action of a stage is resumed by a retry', () => {
    const stopped = running('a')
      .after(stop())
      .after(report(jobId('a')));
    expectTypes(stopped.when(retryStage('Build')), 'StageRetried', 'StageFinished Succeeded', 'StageVacated Succeeded');
  });

  test('and abandon shows Abandoned at once; the stage is free when the runner confirms', () => {
    expectTypes(
      running('a').when(stop(true)),
      'StopRequested',
      'JobRevoked',
      'ActionFinished a Abandoned',
      'StageFinished Stopped',
      'ExecutionFinished Stopped',
    );
    expectTypes(
      running('a')
        .after(stop(true))
        .when(confirm(jobId('a'))),
      'JobEnded',
      'StageVacated Stopped',
    );
    expectTypes(
      running('a')
        .after(stop(true))
        .when(lose(jobId('a'))),
      'JobEnded',
      'StageVacated Stopped',
    );
    running('a')
      .after(stop(true))
      .when(report(jobId('a')))
      .thenRefused('STALE_ATTEMPT');
  });

  test('what no runner has begun does not keep it waiting', () => {
    expectTypes(
      started.after(enter('Build', planned('a'))).when(stop()),
      'StopRequested',
      'JobRevoked',
      'JobEnded',
      'ActionFinished a Abandoned',
      'StageFinished Stopped',
      'ExecutionFinished Stopped',
      'StageVacated Stopped',
    );
  });

  test('an approval stays answerable under stop and wait, and is withdrawn by abandon', () => {
    const gate = started.after(enter('Build', approval('gate')));
    expectTypes(gate.when(stop()), 'StopRequested');
    expectTypes(
      gate.after(stop()).when(complete('gate', 'Succeeded')),
      'ActionFinished gate Succeeded',
      'StageFinished Succeeded',
      'ExecutionFinished Stopped',
      'StageVacated Stopped',
    );
    expectTypes(
      gate.when(stop(true)),
      'StopRequested',
      'ActionFinished gate Abandoned',
      'StageFinished Stopped',
      'ExecutionFinished Stopped',
      'StageVacated Stopped',
    );
  });

  test('between stages ends at once', () =>
    expectTypes(started.when(stop()), 'StopRequested', 'ExecutionFinished Stopped'));
  test('twice is refused, but abandoning may follow waiting once', () => {
    running('a').after(stop()).when(stop()).thenRefused('DUPLICATED_STOP');
    running('a')
      .after(stop())
      .when(stop(true))
      .thenDecision(({ accepted }) => expect(accepted).toBe(true));
    running('a').after(stop(true)).when(stop(true)).thenRefused('NOT_STOPPABLE');
  });
});

describe('RetryStage', () => {
  const failed = started
    .after(enter('Build', planned('a'), planned('b'), planned('c', { runOrder: 2 })))
    .after(lease(jobId('a')))
    .after(lease(jobId('b')))
    .after(report(jobId('a')))
    .after(report(jobId('b'), fails));

  test('runs the failed actions again, as new attempts, then those not reached', () => {
    failed.when(retryStage('Build')).thenDecision((decision) =>
      expect(decision).toMatchObject({
        events: [
          { type: 'StageRetried', data: { retry: 1 } },
          { type: 'ActionStarted', data: { action: 'b', attempt: 2, actionExecutionId: actionId('b', 2) } },
          { type: 'JobOffered' },
        ],
      }),
    );
    const second = failed.after(retryStage('Build')).after(lease(jobId('b', 1, 2)));
    expectTypes(
      second.when(report(jobId('b', 1, 2))),
      'JobSucceeded',
      'ActionFinished b Succeeded',
      'ActionStarted c',
      'JobOffered',
    );
  });

  test('or all of them', () => {
    expectTypes(
      failed.when(retryStage('Build', 'ALL_ACTIONS')),
      'StageRetried',
      'ActionStarted a',
      'JobOffered',
      'ActionStarted b',
      'JobOffered',
    );
  });

  test('counts retries by stage', () => {
    const twice = failed
      .after(retryStage('Build'))
      .after(lease(jobId('b', 1, 2)))
      .after(report(jobId('b', 1, 2), fails));
    twice
      .when(retryStage('Build'))
      .thenDecision((decision) => expect(decision).toMatchObject({ events: [{ data: { retry: 2 } }, {}, {}] }));
  });

  test('frees the stage where there is nothing to retry', () =>
    expectTypes(started.when(retryStage('Build')), 'StageVacated Failed'));
});

describe('CancelExecution', () => {
  test('lets what runs end, then cancels stage and execution', () => {
    expectTypes(running('a').when(cancel()), 'CancellationRequested');
    expectTypes(
      running('a')
        .after(cancel())
        .when(report(jobId('a'))),
      'JobSucceeded',
      'ActionFinished a Succeeded',
      'StageFinished Cancelled',
      'ExecutionFinished Cancelled',
      'StageVacated Cancelled',
    );
  });
  test('withdraws a pending approval at once', () => {
    expectTypes(
      started.after(enter('Build', approval('gate'))).when(cancel()),
      'CancellationRequested',
      'ActionFinished gate Failed',
      'StageFinished Cancelled',
      'ExecutionFinished Cancelled',
      'StageVacated Cancelled',
    );
  });
  test('ends one that waits between stages', () => expectTypes(started.when(cancel()), 'ExecutionFinished Cancelled'));
  test('leaves a finished one alone', () => started.after(stop()).when(cancel()).then());
});

describe('CompleteAction', () => {
  test('ends an approval', () =>
    expectTypes(
      started.after(enter('Build', approval('ok'), planned('a', { runOrder: 2 }))).when(complete('ok', 'Succeeded')),
      'ActionFinished ok Succeeded',
      'ActionStarted a',
      'JobOffered',
    ));

  test('is refused for work on a runner, which only its report ends', () =>
    running('a').when(complete('a', 'Succeeded')).thenRefused('ACTION_NOT_FOUND'));
});
