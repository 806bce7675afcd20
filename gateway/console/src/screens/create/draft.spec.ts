import { validateDeclaration } from '@millrace/pipeline-definition';
import { definitionOf, EMPTY, linesOf, missingIn, type Draft } from './draft.js';

const draft = (changes: Partial<Draft> = {}): Draft => ({
  ...EMPTY,
  name: 'shop',
  repository: '/srv/shop.git',
  target: '/srv/www',
  ...changes,
});
const stageNames = (of: Draft) =>
  (definitionOf(of)['stages'] as readonly { readonly name: string }[]).map(({ name }) => name);

describe('the definition of a draft', () => {
  test.each([
    ['as short as it goes', draft({ approve: false })],
    ['with an approval', draft()],
    ['built by commands', draft({ build: 'commands', buildCommands: 'npm ci\nnpm run build' })],
    ['built by a buildspec', draft({ build: 'buildspec' })],
    ['tested', draft({ testCommands: 'npm test' })],
    ['without a target', draft({ target: '', testCommands: 'npm test' })],
  ])('%s is one that the platform accepts', (_what, of) => {
    const verdict = validateDeclaration(definitionOf(of));
    expect(verdict.ok ? [] : verdict.violations).toEqual([]);
  });

  test('has the stages that were wished for, and no others', () => {
    expect(stageNames(draft({ approve: false }))).toEqual(['Source', 'Deploy']);
    expect(stageNames(draft({ build: 'buildspec', testCommands: 'x' }))).toEqual([
      'Source',
      'Build',
      'Test',
      'Approve',
      'Deploy',
    ]);
  });
});

test('lines are trimmed, and empty ones no commands', () => expect(linesOf(' a \n\n b')).toEqual(['a', 'b']));

test.each([
  [0, draft({ name: 'no blanks' }), /name/],
  [0, draft({ repository: ' ' }), /repository/],
  [0, draft(), undefined],
  [1, draft({ build: 'commands' }), /builds/],
  [1, draft(), undefined],
])('step %i says what it needs', (step, of, needed) => {
  if (needed === undefined) expect(missingIn(step, of)).toBeUndefined();
  else expect(missingIn(step, of)).toMatch(needed);
});
