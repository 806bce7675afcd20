import { OperationalError } from '@millrace/runtime';
import { answerText, commandKey, failureOf, parseAnswer, replyOf, type Request } from './command-codec.js';

const request = (data: Request['command']['data'], more: Partial<Request['envelope']> = {}): Request => ({
  command: { target: 'traffic', type: 'StartExecution', data },
  envelope: {
    commandId: 'c-1',
    project: 'default',
    actor: { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' },
    correlationId: 'r-1',
    ...more,
  },
});

describe('answers on a topic', () => {
  test('keep a position beyond what a number can hold', () => {
    const reply = {
      accepted: true,
      position: 9_007_199_254_740_993n,
      events: [{ type: 'A', data: { position: 3 } }],
    } as const;
    expect(replyOf(parseAnswer(answerText({ reply })))).toEqual(reply);
  });

  test('keep that nothing has changed, and a refusal', () => {
    const unchanged = { accepted: true, position: undefined, events: [] } as const;
    expect(replyOf(parseAnswer(answerText({ reply: unchanged })))).toEqual(unchanged);
    const refusal = { accepted: false, code: 'PIPELINE_NOT_FOUND', message: 'There is no pipeline p.' } as const;
    expect(replyOf(parseAnswer(answerText({ reply: refusal })))).toEqual(refusal);
  });

  test('throw what the receiver has thrown, the world being one thing', () => {
    const thrown = new OperationalError('The disk is full.', {
      retryable: true,
      mayHaveHappened: true,
      code: 'STORE_FULL',
    });
    expect(() => replyOf(parseAnswer(answerText(failureOf(thrown))))).toThrow(
      expect.objectContaining({
        name: 'OperationalError',
        message: 'The disk is full.',
        retryable: true,
        mayHaveHappened: true,
        code: 'STORE_FULL',
      }),
    );
  });

  test('and a defect another, whose text stays where it happened', () => {
    const answer = parseAnswer(answerText(failureOf(new TypeError('password=hunter2'))));
    expect(() => replyOf(answer)).toThrow(
      expect.objectContaining({ name: 'Error', message: expect.not.stringContaining('hunter2') }),
    );
  });
});

test('the key of a command is its pipeline, its execution, the name of the pipeline, or itself', () => {
  expect(commandKey(request({ pipelineName: 'web' }, { pipelineId: 'p-1', executionId: 'e-1' }))).toBe('default/p-1');
  expect(commandKey(request({ pipelineName: 'web' }, { executionId: 'e-1' }))).toBe('default/e-1');
  expect(commandKey(request({ pipelineName: 'web' }))).toBe('default/web');
  expect(commandKey(request({}))).toBe('default/c-1');
});
