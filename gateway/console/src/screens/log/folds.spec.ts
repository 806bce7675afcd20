import { isHeading, unfolded } from './folds.js';

const lines = ['before', '[millrace] $ npm ci', '[millrace] > --silent', 'a', 'b', '[millrace] $ npm test', 'c'].map(
  (text, offset) => ({
    offset,
    text,
    style: {},
  }),
);

test('a command and a phase head what follows; the rest of a command does not', () => {
  expect(lines.filter(isHeading).map(({ offset }) => offset)).toEqual([1, 5]);
});

test('nothing is folded: all are seen', () => expect(unfolded(lines, new Set())).toBeUndefined());

test('a folded heading stands for all up to the next one', () => {
  expect(unfolded(lines, new Set([1]))).toEqual([0, 1, 5, 6]);
  expect(unfolded(lines, new Set([1, 5]))).toEqual([0, 1, 5]);
});
