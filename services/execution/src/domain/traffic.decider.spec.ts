import { deciderSpec } from '@millrace/decider/testing';
import { trafficDecider } from './traffic.decider.js';
import {
  awaited,
  cancelOutdated,
  disable,
  enable,
  entered,
  leave,
  left,
  NOON,
  retry,
  SHOP,
  start,
  superseded,
} from './testing/traffic.fixtures.js';

const given = deciderSpec(trafficDecider);
const admitted = (executionId: string) =>
  expect.objectContaining({ type: 'ExecutionAdmitted', data: expect.objectContaining({ executionId }) });

/** E1 in Deploy, E2 waits before it: the reference's worked example. */
const e1InDeployE2Waits = given()
  .after(start('E1'))
  .after(leave('E1', 'Source'))
  .after(leave('E1', 'Build'))
  .after(start('E2'))
  .after(leave('E2', 'Source'))
  .after(leave('E2', 'Build'));

describe('StartExecution', () => {
  test('admits and enters a free first stage', () => {
    given().when(start('E1')).then(admitted('E1'), entered('E1', 'Source'));
  });

  test('waits behind the execution in the first stage', () => {
    given()
      .after(start('E1'))
      .when(start('E2'))
      .then(admitted('E2'), awaited('E2', 'Source', 'E1'));
  });

  test('supersedes an older one that waits in front of the first stage', () => {
    given()
      .after(start('E1'))
      .after(start('E2'))
      .when(start('E3'))
      .then(admitted('E3'), superseded('E2', 'Source', 'E3'), awaited('E3', 'Source', 'E1'));
  });

  test('the same execution again changes nothing', () => {
    given().after(start('E1')).when(start('E1')).then();
  });

  test('nor does one that was superseded before its execution had a stream', () => {
    given().after(start('E1')).after(start('E2')).after(start('E3')).when(start('E2')).then();
  });

  test('binds the supplied value before the default, and ignores undeclared names', () => {
    const definition = {
      ...SHOP,
      variables: [
        { name: 'A', defaultValue: 'a' },
        { name: 'B', defaultValue: 'b' },
      ],
    };
    given()
      .when(
        start('E1', {
          definition,
          variables: [
            { name: 'B', value: 'x' },
            { name: 'C', value: 'c' },
          ],
        }),
      )
      .thenDecision((decision) =>
        expect(decision).toMatchObject({
          events: [
            {
              data: {
                variables: [
                  { name: 'A', value: 'a' },
                  { name: 'B', value: 'x' },
                ],
              },
            },
            {},
          ],
        }),
      );
  });

  test('without a required variable it is admitted with what is missing, and enters nothing', () => {
    given()
      .when(start('E1', { definition: { ...SHOP, variables: [{ name: 'A' }, { name: 'B' }] } }))
      .then(expect.objectContaining({ data: expect.objectContaining({ missingVariables: ['A', 'B'] }) }));
  });

  test('refuses a variable given twice', () => {
    given()
      .when(
        start('E1', {
          variables: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        }),
      )
      .thenRefused('INVALID_VARIABLES');
  });

  test('refuses a revision for an action that is no source', () => {
    given()
      .when(
        start('E1', { sourceRevisions: [{ actionName: 'Compile', revisionType: 'COMMIT_ID', revisionValue: 'abc' }] }),
      )
      .thenRefused('INVALID_SOURCE_REVISION');
  });
});

describe('LeaveStage', () => {
  test('enters the next stage, and lets the one that waits into this', () => {
    given()
      .after(start('E1'))
      .after(start('E2'))
      .when(leave('E1', 'Source'))
      .then(left('E1', 'Source'), entered('E1', 'Build'), entered('E2', 'Source'));
  });

  test('waits before a locked stage and supersedes the older one there', () => {
    e1InDeployE2Waits
      .after(start('E3'))
      .after(leave('E3', 'Source'))
      .when(leave('E3', 'Build'))
      .then(left('E3', 'Build'), superseded('E2', 'Deploy', 'E3'), awaited('E3', 'Deploy', 'E1'));
  });

  test('lets the waiting one in after a failure too', () => {
    e1InDeployE2Waits
      .when(leave('E1', 'Deploy', 'Failed'))
      .then(left('E1', 'Deploy', 'Failed'), entered('E2', 'Deploy'));
  });

  test('the newest that superseded still gets in', () => {
    e1InDeployE2Waits
      .after(start('E3'))
      .after(leave('E3', 'Source'))
      .after(leave('E3', 'Build'))
      .when(leave('E1', 'Deploy'))
      .then(left('E1', 'Deploy'), entered('E3', 'Deploy'));
  });

  test('an older one that comes behind a newer waiting one is superseded itself', () => {
    given()
      .after(start('E1'))
      .after(leave('E1', 'Source'))
      .after(leave('E1', 'Build', 'Failed'))
      .after(start('E2'))
      .after(leave('E2', 'Source', 'Failed'))
      .after(disable('Deploy'))
      .after(retry('E1', 'Build'))
      .after(start('E3'))
      .after(leave('E3', 'Source'))
      .after(leave('E1', 'Build'))
      .after(leave('E3', 'Build'))
      .when(enable('Deploy'))
      .then({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }, entered('E3', 'Deploy'));
  });

  test('a repeat changes nothing', () => {
    given().after(start('E1')).after(leave('E1', 'Source')).when(leave('E1', 'Source')).then();
  });

  test('without a stage gives up a waiting place only', () => {
    e1InDeployE2Waits
      .when(leave('E2', undefined, 'Stopped'))
      .then({ type: 'ExecutionWithdrawn', data: { executionId: 'E2', stage: 'Deploy', outcome: 'Stopped' } });
    e1InDeployE2Waits.when(leave('E1', undefined, 'Stopped')).then();
  });

  test('is forgotten after the last stage', () => {
    given()
      .after(start('E1'))
      .after(leave('E1', 'Source'))
      .after(leave('E1', 'Build'))
      .after(leave('E1', 'Deploy'))
      .when(retry('E1', 'Deploy'))
      .thenRefused('STAGE_NOT_RETRYABLE');
  });
});

describe('RetryStage', () => {
  const failedInBuild = given()
    .after(start('E1'))
    .after(leave('E1', 'Source'))
    .after(leave('E1', 'Build', 'Failed'));

  test('locks the stage again for the failed execution', () => {
    failedInBuild
      .when(retry('E1', 'Build'))
      .then({ type: 'RetryAdmitted', data: { executionId: 'E1', stage: 'Build', mode: 'FAILED_ACTIONS' } });
  });

  test('refuses once another execution has entered', () => {
    failedInBuild
      .after(start('E2'))
      .after(leave('E2', 'Source'))
      .when(retry('E1', 'Build'))
      .thenRefused('NOT_LATEST_EXECUTION');
  });

  test('refuses after any change of the definition', () => {
    failedInBuild.when(retry('E1', 'Build', 2)).thenRefused('STAGE_NOT_RETRYABLE');
  });

  test('refuses while the retry runs', () => {
    failedInBuild.after(retry('E1', 'Build')).when(retry('E1', 'Build')).thenRefused('CONFLICT');
  });

  test('refuses what has not failed', () => {
    given()
      .after(start('E1'))
      .after(leave('E1', 'Source'))
      .after(leave('E1', 'Build'))
      .when(retry('E1', 'Build'))
      .thenRefused('STAGE_NOT_RETRYABLE');
  });

  test('refuses an unknown stage, naming those there are', () => {
    failedInBuild.when(retry('E1', 'Nowhere')).thenDecision((decision) =>
      expect(decision).toMatchObject({
        code: 'STAGE_NOT_FOUND',
        message: expect.stringContaining('Source, Build, Deploy'),
      }),
    );
  });

  test('goes on to the next stage afterwards', () => {
    failedInBuild
      .after(retry('E1', 'Build'))
      .when(leave('E1', 'Build'))
      .then(left('E1', 'Build'), entered('E1', 'Deploy'));
  });
});

describe('DisableTransition and EnableTransition', () => {
  const held = given()
    .after(start('E1'))
    .after(leave('E1', 'Source'))
    .after(disable('Deploy'))
    .after(leave('E1', 'Build'));
  const days = (count: number, ms = 0) => new Date(Date.parse(NOON) + count * 86_400_000 + ms).toISOString();

  test('holds an execution before the stage', () => {
    given()
      .after(start('E1'))
      .after(leave('E1', 'Source'))
      .after(disable('Deploy'))
      .when(leave('E1', 'Build'))
      .then(left('E1', 'Build'), awaited('E1', 'Deploy'));
  });

  test('an execution already inside is not affected', () => {
    given()
      .after(start('E1'))
      .when(disable('Source'))
      .then(expect.objectContaining({ type: 'TransitionDisabled' }));
  });

  test('outbound is the inbound of the next', () => {
    given()
      .when(disable('Build', NOON, 'Outbound'))
      .then({ type: 'TransitionDisabled', data: { stage: 'Deploy', reason: 'freeze', at: NOON } });
    given()
      .when(disable('Deploy', NOON, 'Outbound'))
      .thenRefused('NO_NEXT_STAGE');
  });

  test('enabling lets the held one in', () => {
    held.when(enable('Deploy')).then({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }, entered('E1', 'Deploy'));
  });

  test('enabling what is enabled changes nothing', () => {
    given().when(enable('Deploy')).then();
  });

  test('after exactly 30 days the held one still gets in, a millisecond later it does not', () => {
    held
      .when(enable('Deploy', days(30)))
      .then({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }, entered('E1', 'Deploy'));
    held
      .when(enable('Deploy', days(30, 1)))
      .then(
        { type: 'TransitionEnabled', data: { stage: 'Deploy' } },
        { type: 'StageAwaited', data: { executionId: 'E1', stage: 'Deploy', cause: 'transition-expired' } },
      );
  });

  test('who was held too long is not let in by closing and opening the door once more', () => {
    held
      .after(enable('Deploy', days(31)))
      .after(disable('Deploy', days(32)))
      .when(enable('Deploy', days(33)))
      .then({ type: 'TransitionEnabled', data: { stage: 'Deploy' } });
  });

  test('one that was held too long is superseded by the next and does not block it', () => {
    held
      .after(enable('Deploy', days(31)))
      .after(start('E2'))
      .after(leave('E2', 'Source'))
      .when(leave('E2', 'Build'))
      .then(left('E2', 'Build'), superseded('E1', 'Deploy', 'E2'), entered('E2', 'Deploy'));
  });

  test('the cause of waiting follows what holds', () => {
    e1InDeployE2Waits
      .after(disable('Deploy'))
      .when(enable('Deploy'))
      .then({ type: 'TransitionEnabled', data: { stage: 'Deploy' } }, awaited('E2', 'Deploy', 'E1'));
  });
});

describe('CancelOutdated', () => {
  test('cancels what waits and what is inside, once', () => {
    e1InDeployE2Waits.when(cancelOutdated(2)).then(
      {
        type: 'ExecutionOutdated',
        data: { executionId: 'E1', stage: 'Deploy', waiting: false, reason: 'Pipeline definition was updated' },
      },
      {
        type: 'ExecutionOutdated',
        data: { executionId: 'E2', stage: 'Deploy', waiting: true, reason: 'Pipeline definition was updated' },
      },
    );
    e1InDeployE2Waits.after(cancelOutdated(2)).when(cancelOutdated(2)).then();
  });

  test('leaves alone what was admitted with that version', () => {
    given()
      .after(start('E1', { definition: { ...SHOP, version: 2 } }))
      .when(cancelOutdated(2))
      .then();
  });

  test('an outdated execution leaves its stage and enters no other', () => {
    given()
      .after(start('E1'))
      .after(cancelOutdated(2))
      .when(leave('E1', 'Source', 'Succeeded'))
      .then(left('E1', 'Source'));
  });

  test('a deletion cancels whatever the version', () => {
    given()
      .after(start('E1'))
      .when(cancelOutdated(1, true))
      .then(expect.objectContaining({ type: 'ExecutionOutdated' }));
  });
});
