import { globFault, matchesGlob } from './globs.js';

test.each([
  ['**/*', 'a'],
  ['**/*', 'a/b/c'],
  ['**/*', '.hidden/x'],
  ['*.txt', 'a.txt'],
  ['dist/**/*', 'dist/a/b'],
  ['dist/**/*', 'dist/a'],
  ['dist/**', 'dist/a/b'],
  ['a/**/b', 'a/b'],
  ['a/**/b/**/c', 'a/x/b/y/b/z/c'],
  ['./a', 'a'],
  ['a?c', 'abc'],
  ['a[b]', 'a[b]'],
  ['*a*b', 'xaxxb'],
  ['**', 'a/b'],
  ['ü*', 'üñ'],
])('%s matches %s', (pattern, path) => {
  expect(matchesGlob(pattern, path)).toBe(true);
});

test.each([
  ['*.txt', 'a/b.txt'],
  ['*', 'a/b'],
  ['dist/**/*', 'dist'],
  ['dist/*', 'dist/a/b'],
  ['a?c', 'a/c'],
  ['a', 'ab'],
  ['a*b', 'abc'],
  ['a.c', 'abc'],
  ['', 'a'],
])('%s does not match %s', (pattern, path) => {
  expect(matchesGlob(pattern, path)).toBe(false);
});

test('no pattern takes long', () => {
  const startedMs = performance.now();
  expect(matchesGlob('*a'.repeat(200) + 'b', 'a'.repeat(2_000))).toBe(false);
  expect(matchesGlob('**/a/'.repeat(100) + 'b', 'a/'.repeat(1_000) + 'c')).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test.each(['/etc/*', '../x', 'a/../../b', ''])('%s is not accepted', (pattern) => {
  expect(globFault(pattern)).toBeDefined();
});
