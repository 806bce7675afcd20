import { LineCutter, logLine, plainText, shownJson, shownLine } from './terminal-text.js';

test.each([
  ['\u001b]0;title\u0007shown', 'shown'],
  ['\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b[2J\u001b[Hshown', 'shown'],
  ['a\u0007b\u0000c', 'abc'],
  ['\u001b[?25lhidden', 'hidden'],
  ['\u009b2Jx', '2Jx'],
  ['\u001b]52;c;never closed', ''],
  ['\u001b]52;c;cut \u001b[Hshort', '52;c;cut short'],
  ['\u001b\u001b]0;x\u0007[2Jwrapped', 'wrapped'],
  ['a\u202ebc', 'abc'],
])('a line of output can not steer the terminal: %j', (line, shown) => {
  expect(logLine(line, false)).toBe(shown);
  expect(logLine(line, true)).toBe(shown);
});

test('colours stay where they are wanted, and end with the line', () => {
  expect(logLine('\u001b[31mred', true)).toBe('\u001b[31mred\u001b[0m');
  expect(logLine('\u001b[31mred', false)).toBe('red');
});

test('what a carriage return overwrites is gone', () => {
  expect(logLine('10 %\r20 %\r30 %\r', false)).toBe('30 %');
  expect(logLine('a\tb', false)).toBe('a\tb');
});

test('a name stays on its line', () => {
  expect(plainText('a\nb\u001b[31mc\u001b[0m')).toBe('a bc');
});

test('text is cut into lines across chunks, and the last one may have no end', () => {
  const cutter = new LineCutter();
  expect(cutter.push('one\ntw')).toEqual(['one']);
  expect(cutter.push('o\n\nthree')).toEqual(['two', '']);
  expect(cutter.end()).toEqual(['three']);
  expect(cutter.end()).toEqual([]);
});

test('a line without end does not grow without bound', () => {
  const cutter = new LineCutter();
  expect(cutter.push('x'.repeat(10), 4)).toEqual(['xxxx', 'xxxx']);
  expect(cutter.end()).toEqual(['xx']);
});

test('a line of our own keeps its colours and nothing else', () => {
  expect(shownLine('\u001b[1mshop\u001b[22m\u001b[2J\u0000\r\u009b1A\ntail', true)).toBe(
    '\u001b[1mshop\u001b[22m1Atail',
  );
  expect(shownLine('\u001b[1mshop\u001b[22m', false)).toBe('shop');
});

test('JSON is the same value, with the controls that JSON.stringify leaves', () => {
  const value = { name: '\u001b[2J\u009b2J\u007f\u202e' };
  expect(shownJson(value)).toBe(String.raw`{"name":"\u001b[2J\u009b2J\u007f\u202e"}`);
  expect(JSON.parse(shownJson(value, 2))).toEqual(value);
});
