import fc from 'fast-check';
import { Masker } from './masker.js';

function mask(secrets: readonly string[], chunks: readonly string[]): string {
  const masker = new Masker(secrets);
  return Buffer.concat([...chunks.map((chunk) => masker.push(Buffer.from(chunk))), masker.end()]).toString('utf8');
}

test('replaces a secret', () => {
  expect(mask(['hunter2'], ['the word is hunter2, yes hunter2\n'])).toBe('the word is ***, yes ***\n');
});

test('replaces a secret that lies across chunks', () => {
  expect(mask(['hunter2'], ['the word is hu', 'nt', 'er2!'])).toBe('the word is ***!');
});

test('lets go of what only began like a secret', () => {
  expect(mask(['hunter2'], ['hunt', 'ing'])).toBe('hunting');
  expect(mask(['hunter2'], ['hunt'])).toBe('hunt');
});

test('takes the longer of two secrets that begin alike, across chunks too', () => {
  expect(mask(['abcd', 'abcdefgh'], ['xabcd', 'efghx'])).toBe('x***x');
  expect(mask(['abcd', 'abcdefgh'], ['xabcd', 'efx'])).toBe('x***efx');
});

test('knows the lines of a secret and its base64', () => {
  expect(mask(['line one\nline two'], ['line two'])).toBe('***');
  expect(mask(['hunter2!'], [Buffer.from('hunter2!').toString('base64')])).toMatch(/^\*\*\*=*$/);
});

test('leaves short values alone', () => {
  expect(mask(['abc'], ['abc'])).toBe('abc');
});

test('keeps bytes that are no text', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
  expect(new Masker(['secret']).push(bytes)).toEqual(bytes);
});

test('however it is cut up, the result is that of the whole text', () => {
  const secret = fc.stringMatching(/^[ab]{4,7}$/);
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.array(fc.stringMatching(/^[abc]{0,9}$/), { maxLength: 12 }),
      (secrets, chunks) => {
        const cut = mask(secrets, chunks);
        expect(cut).toBe(mask(secrets, [chunks.join('')]));
        for (const one of secrets) expect(cut).not.toContain(one);
      },
    ),
  );
});
