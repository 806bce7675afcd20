import { isUnreadableDefinition, parseDefinitionText, TEXT_BYTES_MAX } from './definition-text.js';

function failure(text: string) {
  try {
    parseDefinitionText(text);
  } catch (error) {
    if (isUnreadableDefinition(error)) return error;
    throw error;
  }
  throw new Error('was read');
}

describe('the text of a definition', () => {
  test('is JSON', () => {
    const value = { a: [1, true, null, 'x', { b: 'ü "quoted" \\ \n' }], 'c d': {} };
    expect(parseDefinitionText(JSON.stringify(value, null, 2))).toEqual(value);
    expect(parseDefinitionText(JSON.stringify(value))).toEqual(value);
  });

  test('or YAML of the same shape', () => {
    const text = [
      '# a comment',
      'name: shop',
      'stages:',
      '  - name: Source',
      '    actions: []',
      'version: 1',
      "quoted: '1'",
      'yes: no',
      'at: 2026-01-01',
      '',
    ];
    expect(parseDefinitionText(text.join('\r\n'))).toEqual({
      name: 'shop',
      stages: [{ name: 'Source', actions: [] }],
      version: 1,
      quoted: '1',
      yes: 'no',
      at: '2026-01-01',
    });
  });

  test('keeps several lines, as an inline buildspec needs', () => {
    expect(parseDefinitionText('BuildspecOverride: |\n  version: 0.2\n  phases: {}\n')).toEqual({
      BuildspecOverride: 'version: 0.2\nphases: {}\n',
    });
  });

  test.each([
    ['{"a": 1,', 1],
    ['a: 1\nb: [1, 2\nc: 3\n', 3],
    ['a: 1\na: 2\n', 2],
    ['a: &x 1\nb: *x\n', 2],
    ['a: !!js/function "x"\n', 1],
  ])('%j is refused with its place', (text, line) => {
    const error = failure(text);
    expect(error.message).toMatch(/^Line \d+, column \d+: ./);
    expect(error.line).toBe(line);
    expect(error.message).not.toContain('\n');
  });

  test('is one document', () => {
    expect(failure('a: 1\n---\nb: 2\n').message).toContain('single document');
  });

  test.each(['', '   \n', '# only a comment\n'])('%j holds nothing', (text) => {
    expect(failure(text).message).not.toBe('');
  });

  test.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{"a":'.repeat(100_000)],
    ['dashes', '- '.repeat(100_000)],
    ['an anchor bomb', `a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n`],
  ])('%s end in a refusal', (_name, text) => {
    failure(text);
  });

  test('is limited in size', () => {
    expect(failure(`a: ${'x'.repeat(TEXT_BYTES_MAX)}`).message).toContain(`at most ${TEXT_BYTES_MAX}`);
  });

  test('pollutes nothing', () => {
    const value = parseDefinitionText('__proto__: { polluted: yes }\nconstructor: { prototype: { polluted: yes } }\n');
    expect({}).not.toHaveProperty('polluted');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
  });
});
