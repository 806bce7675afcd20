import { LINES_MAX, LogWindow, type Part } from './log-window.js';

/** A log in memory, answered as the platform does. */
function windowOn(text: string): LogWindow {
  const bytes = new TextEncoder().encode(text);
  return new LogWindow(async (offset, limit) => {
    const part = bytes.slice(offset, offset + limit);
    const nextOffset = offset + part.length;
    return { offset, nextOffset, text: new TextDecoder().decode(part), end: nextOffset === bytes.length };
  });
}
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');
const texts = (log: LogWindow) => log.snapshot().lines.map(({ text }) => text);

describe('a window into a log', () => {
  test('opens at the beginning, where lines have numbers', async () => {
    const log = windowOn('a\nb\nc\n');
    await log.openAt(0);
    expect(texts(log)).toEqual(['a', 'b', 'c']);
    expect(log.snapshot()).toMatchObject({ from: 0, to: 6, dropped: 0, isAtStart: true, isAtEnd: true });
  });

  test('opens at the end of a long one, at the beginning of a line', async () => {
    const text = numbered(100_000);
    const log = windowOn(text);
    await log.openAt(text.length);
    expect(texts(log).at(-1)).toBe('line 99999');
    expect(texts(log)[0]).toMatch(/^line \d+$/);
    expect(log.snapshot()).toMatchObject({ isAtEnd: true, isAtStart: false, dropped: undefined });
  });

  test('every line knows the byte that it begins with', async () => {
    const text = 'ä\nß and more\nlast\n';
    const log = windowOn(text);
    await log.openAt(0);
    const bytes = new TextEncoder().encode(text);
    for (const { offset, text: line } of log.snapshot().lines)
      expect(new TextDecoder().decode(bytes.slice(offset)).startsWith(line)).toBe(true);
  });

  test('wherever it was opened, and grew', async () => {
    const text = numbered(100_000);
    const log = windowOn(text);
    await log.openAt(text.length / 2);
    await log.extendUp();
    await log.extendDown();
    const { lines } = log.snapshot();
    expect(lines.length).toBeGreaterThan(50_000);
    expect(lines.filter(({ offset, text: line }) => !text.startsWith(line, offset))).toEqual([]);
  });

  test('grows at both ends without a gap or a repeat, and never beyond its size', async () => {
    const text = numbered(200_000);
    const log = windowOn(text);
    await log.openAt(text.length / 2);
    for (let count = 0; count < 6; count += 1) await log.extendDown();
    for (let count = 0; count < 3; count += 1) await log.extendUp();
    const numbers = texts(log).map((line) => Number(line.slice(5)));
    expect(numbers.length).toBeLessThanOrEqual(LINES_MAX);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });

  test('takes what is appended next to it, and nothing else', async () => {
    const log = windowOn('a\nhalf');
    await log.openAt(0);
    const part = (offset: number, text: string): Part => ({
      offset,
      nextOffset: offset + text.length,
      text,
      end: false,
    });
    log.append(part(6, ' a line\nb\n'));
    expect(texts(log)).toEqual(['a', 'half a line', 'b']);
    log.append(part(6, ' a line\nb\n'));
    log.append(part(99, 'far away\n'));
    expect(texts(log)).toEqual(['a', 'half a line', 'b']);
  });

  test('of two openings the later one counts, however they are answered', async () => {
    const answers: (() => void)[] = [];
    const log = new LogWindow(
      (offset) =>
        new Promise((resolve) =>
          answers.push(() => resolve({ offset, nextOffset: offset + 2, text: `${answers.length}\n`, end: true })),
        ),
    );
    const [first, second] = [log.openAt(0), log.openAt(0)];
    answers[1]?.();
    answers[0]?.();
    await Promise.all([first, second]);
    expect(log.snapshot().lines).toHaveLength(1);
    expect(log.snapshot().isReading).toBe(false);
  });

  test('a line without an end is shown in pieces', async () => {
    const log = windowOn('x'.repeat(10_000));
    await log.openAt(0);
    expect(texts(log).map(({ length }) => length)).toEqual([4_000, 4_000, 2_000]);
  });
});
