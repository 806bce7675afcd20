import fc from 'fast-check';
import { PLAIN, plainText, styleAfter, terminalRuns } from './terminal-text.js';

const texts = (line: string) => terminalRuns(line).map(({ text }) => text);

describe('colours', () => {
  test('are kept as names, and end where they end', () => {
    expect(terminalRuns('a\u001b[31mb\u001b[0mc')).toEqual([
      { text: 'a', style: {} },
      { text: 'b', style: { colour: 'red' } },
      { text: 'c', style: {} },
    ]);
  });

  test('go on in the next line', () => {
    const style = styleAfter('\u001b[1;92mon', PLAIN);
    expect(style).toEqual({ bold: true, colour: 'bright-green' });
    expect(terminalRuns('and on', style)).toEqual([{ text: 'and on', style }]);
  });

  test.each([
    ['38;5;196', 'bright-red'],
    ['38;5;2', 'green'],
    ['38;2;0;0;255', 'bright-blue'],
    ['38:5:11', 'bright-yellow'],
  ])('%s is %s: one of the sixteen', (code, colour) => {
    expect(terminalRuns(`\u001b[${code}mx`)).toEqual([{ text: 'x', style: { colour } }]);
  });
});

describe('what a terminal would obey', () => {
  test.each([
    ['a title', 'a\u001b]0;owned\u0007b'],
    ['a link', 'a\u001b]8;;https://evil.example\u001b\\\u001b]8;;\u001b\\b'],
    ['the clipboard', 'a\u001b]52;c;cm0gLXJm\u0007b'],
    ['the cursor', 'a\u001b[2J\u001b[Hb'],
    ['a device string', 'a\u001bPq#0\u001b\\b'],
    ['an eight-bit sequence', 'a\u009b2Jb'],
    ['an eight-bit string', 'a\u009d0;owned\u009cb'],
    ['turned text', 'a\u202eb'],
    ['a bell', 'a\u0007b'],
  ])('%s is dropped', (_what, line) => {
    expect(texts(line).join('')).toBe('ab');
    expect(plainText(line)).toBe('ab');
  });

  test('a string without an end takes the rest of its line with it, and no more', () => {
    expect(texts('a\u001b]0;never ended')).toEqual(['a']);
  });

  test('a progress bar shows its last state', () => {
    expect(texts('10 %\r50 %\r100 %\r')).toEqual(['100 %']);
  });

  test('whatever comes: no control is left, and it is read in linear time', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('\u001b', '[', ']', 'm', '3', '1', ';', '\u0007', 'P', '\\', 'x', '\u009b', '\r'),
        }),
        (line) => {
          expect(texts(line).join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          expect(texts(line).join('')).toBe(plainText(line));
        },
      ),
    );
    const began = performance.now();
    plainText('\u001b['.repeat(200_000));
    plainText('\u001b]'.repeat(200_000));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
