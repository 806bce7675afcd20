import { createLogger, prettyLine, silentLogger } from './logger.js';

const logging = (pretty: boolean, level: 'info' | 'warn' | 'silent' = 'info') => {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({
      level,
      name: 'platform',
      pretty,
      destination: { write: (line: string) => void lines.push(line) },
    }),
  };
};

test('writes a JSON line with the sentence, the fields and the time', () => {
  const { lines, logger } = logging(false);
  logger.child({ correlationId: 'c' }).info({ executionId: 'e' }, 'Execution finished');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      level: 'info',
      name: 'platform',
      message: 'Execution finished',
      executionId: 'e',
      correlationId: 'c',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ]);
});

test('writes an error with its cause', () => {
  const { lines, logger } = logging(false);
  logger.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'It failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: { message: 'outer', cause: { message: 'inner' } } });
});

test('says nothing below its level', () => {
  const { lines, logger } = logging(false, 'warn');
  logger.info({}, 'Not now');
  logger.warn({}, 'Now');
  expect(lines).toHaveLength(1);
  silentLogger.child({}).error({}, 'Never');
});

test('for people it is one line, in which nobody can move the cursor', () => {
  const { lines, logger } = logging(true);
  logger.warn({ branch: 'a\u001b[2Jb', text: 'two words', count: 3 }, 'Look');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}Look branch=a\\x1b\[2Jb text="two words" count=3\n$/);
  expect(prettyLine('{"level":"info","time":"2026-11-24T12:00:00.000Z","message":"x\\u001b[31m\\ny"}')).toBe(
    '12:00:00.000 info  x\\x1b[31m\\x0ay\n',
  );
});
