import { didYouMean, nearest } from './nearest.js';

const members = ['name', 'stages', 'runOrder', 'actions', 'outputArtifacts', 'inputArtifacts'];

describe('the nearest known name', () => {
  test.each([
    ['Stages', 'stages'],
    ['stage', 'stages'],
    ['runorder', 'runOrder'],
    ['outputArtefacts', 'outputArtifacts'],
    ['intputArtifact', 'inputArtifacts'],
    ['nmae', undefined],
    ['nam', 'name'],
    ['wholly different', undefined],
    ['', undefined],
    ['x'.repeat(65), undefined],
  ])('of %j is %j', (text, expected) => {
    expect(nearest(text, members)).toBe(expected);
  });

  test('ends a sentence, or says nothing', () => {
    expect(didYouMean('Name', members)).toBe(" Did you mean 'name'?");
    expect(didYouMean('zzzzzz', members)).toBe('');
  });
});
