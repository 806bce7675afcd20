import type { Actor } from '@millrace/decider';
import type { TokenCommand, TokenCreated, TokenEvent } from '@millrace/contracts/access';
import { deciderSpec } from '@millrace/decider/testing';
import { tokenDecider } from './token.decider.js';

const NOON = '2026-03-01T12:00:00.000Z';
const by: Actor = { kind: 'token', id: 'a', name: 'ada', issuer: 'millrace' };
const terms = (changes: Partial<TokenCreated> = {}): TokenCreated => ({
  tokenId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001',
  name: 'ci',
  role: 'developer',
  secretHash: 'ab'.repeat(32),
  ...changes,
});
const create = (changes: Partial<TokenCreated> = {}): TokenCommand => ({
  type: 'CreateToken',
  data: terms(changes),
  at: NOON,
  by,
});
const created = (changes: Partial<TokenCreated> = {}): TokenEvent => ({ type: 'TokenCreated', data: terms(changes) });
const revoke: TokenCommand = { type: 'RevokeToken', data: { tokenId: terms().tokenId }, at: NOON, by };
const revoked: TokenEvent = { type: 'TokenRevoked', data: { tokenId: terms().tokenId } };
const given = deciderSpec(tokenDecider);

describe('CreateToken', () => {
  test('records name, role, hash and expiry', () => {
    const expiresAt = '2026-03-01T12:00:00.001Z';
    given().when(create({ expiresAt })).then(created({ expiresAt }));
  });

  test('refuses an expiry that has come', () => {
    given()
      .when(create({ expiresAt: NOON }))
      .thenRefused('ALREADY_EXPIRED');
  });

  test('refuses to replace a token', () => {
    given(created()).when(create()).thenRefused('TOKEN_EXISTS');
  });

  test('refuses to bring a revoked token back', () => {
    given(created(), revoked).when(create()).thenRefused('TOKEN_EXISTS');
  });
});

describe('RevokeToken', () => {
  test('revokes', () => {
    given(created()).when(revoke).then(revoked);
  });

  test('changes nothing the second time', () => {
    given(created(), revoked).when(revoke).then();
  });

  test('refuses a token that does not exist', () => {
    given().when(revoke).thenRefused('TOKEN_NOT_FOUND');
  });
});
