import { checkTags } from './tags.js';

const found = (...tags: readonly [string, string][]) =>
  checkTags(tags.map(([key, value]) => ({ key, value }))).map(({ path, code }) => [path, code]);

describe('tags', () => {
  test('may hold letters of any script, blanks and a few signs', () => {
    expect(found(['team', 'shop'], ['Größe +-=._:/@', ''], ['a'.repeat(128), 'b'.repeat(256)])).toEqual([]);
  });

  test('every problem is reported', () => {
    expect(
      found(['', 'x'], ['aws:x', 'x'], ['a'.repeat(129), 'b'.repeat(257)], ['x ', 'a<b'], ['y', ''], ['y', '']),
    ).toEqual([
      ['tags[0].key', 'InvalidTags'],
      ['tags[1].key', 'InvalidTags'],
      ['tags[2].key', 'InvalidTags'],
      ['tags[2].value', 'InvalidTags'],
      ['tags[3].key', 'InvalidTags'],
      ['tags[3].value', 'InvalidTags'],
      ['tags[5].key', 'InvalidTags'],
    ]);
  });

  test('at most 50', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index): [string, string] => [`k${index}`, '']);
    expect(found(...many(50))).toEqual([]);
    expect(found(...many(51))).toEqual([['tags', 'TooManyTags']]);
  });
});
