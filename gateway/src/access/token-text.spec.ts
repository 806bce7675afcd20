import { newSecret, parseToken, sameHash, secretHash, tokenText } from './token-text.js';

const tokenId = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001';

test('reads back what it writes', () => {
  const token = { tokenId, secret: newSecret() };
  expect(tokenText(token)).toMatch(/^mrt_0b8a8a3e7f3a4b539b753c1de3a3a001_[A-Za-z0-9_-]{43}$/);
  expect(parseToken(tokenText(token))).toEqual(token);
});

test.each(['', 'mrt_', 'mrt_x_y', `${tokenText({ tokenId, secret: 'a'.repeat(43) })}=`, `x${'a'.repeat(10_000)}`])(
  'refuses what is no token: %s',
  (text) => {
    expect(parseToken(text)).toBeUndefined();
  },
);

test('compares hashes of any length without an error', () => {
  const hash = secretHash('s');
  expect(sameHash(hash, secretHash('s'))).toBe(true);
  expect(sameHash(hash, secretHash('t'))).toBe(false);
  expect(sameHash(hash, '')).toBe(false);
  expect(sameHash(hash, hash.slice(1))).toBe(false);
});
