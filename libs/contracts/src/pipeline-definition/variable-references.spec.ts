import { resolveVariableReferences, variableReferences } from './variable-references.js';

describe('variable references', () => {
  test('are found anywhere in a text, in order', () => {
    expect(variableReferences('build-#{variables.TARGET} of #{Src-1@x.CommitId}#{a.b}').references).toEqual([
      { text: '#{variables.TARGET}', namespace: 'variables', key: 'TARGET' },
      { text: '#{Src-1@x.CommitId}', namespace: 'Src-1@x', key: 'CommitId' },
      { text: '#{a.b}', namespace: 'a', key: 'b' },
    ]);
  });

  test.each(['#{}', '#{x}', '#{.x}', '#{x.}', '#{a b.c}', '#{a.b.c}', '#{a.ü}'])(
    '%s looks like one but is none',
    (text) => {
      expect(variableReferences(`before ${text} after`)).toEqual({ references: [], malformed: [text] });
    },
  );

  test.each(['', '#', '{a.b}', '${a.b}', '#{a.b', '# {a.b}'])('%j holds none', (text) => {
    expect(variableReferences(text)).toEqual({ references: [], malformed: [] });
  });

  test('takes linear time on hostile text', () => {
    const started = process.cpuUsage();
    variableReferences('#{'.repeat(200_000));
    variableReferences(`#{${'a.'.repeat(200_000)}`);
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

describe('resolving variable references', () => {
  const values = new Map([
    ['a.x', '1'],
    ['a.loop', '#{a.x}'],
    ['a.empty', ''],
  ]);
  const resolve = (text: string) =>
    resolveVariableReferences(text, (namespace, key) => values.get(`${namespace}.${key}`));

  test('replaces each occurrence', () => {
    expect(resolve('#{a.x}-#{a.x}#{a.empty}!')).toEqual({ text: '1-1!', unresolved: [] });
  });

  test('is a single pass: a value with a reference is inserted as it is', () => {
    expect(resolve('#{a.loop}').text).toBe('#{a.x}');
  });

  test('names what has no value and leaves it', () => {
    expect(resolve('#{a.x} #{a.y}')).toEqual({
      text: '1 #{a.y}',
      unresolved: [{ text: '#{a.y}', namespace: 'a', key: 'y' }],
    });
  });

  test("a value's dollar signs are not patterns", () => {
    expect(resolveVariableReferences('#{a.x}', () => '$& $1').text).toBe('$& $1');
  });
});
