import type { Command, Role } from '@millrace/decider';
import { eventTypes } from '../event.js';

/** Facts of one token. Stream: `token-<project>/<tokenId>`. A released shape is never edited. */
export type TokenEvent =
  | { readonly type: 'TokenCreated'; readonly data: TokenCreated }
  | { readonly type: 'TokenRevoked'; readonly data: { readonly tokenId: string } };

export interface TokenCreated {
  readonly tokenId: string;
  /** For people; shown wherever the token has acted. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret part (256 random bits, so that no salt is needed), lower-case hex. */
  readonly secretHash: string;
  /** ISO 8601; absent: until it is revoked. */
  readonly expiresAt?: string;
}

export const tokenEventTypes = eventTypes<TokenEvent['type']>('access', { TokenCreated: 1, TokenRevoked: 1 });

/** Target of the message bus: `access`. */
export type TokenCommand = Command<'CreateToken', TokenCreated> | Command<'RevokeToken', { readonly tokenId: string }>;
export type TokenRefusal = 'TOKEN_EXISTS' | 'TOKEN_NOT_FOUND' | 'ALREADY_EXPIRED';

/** Facts about the installation itself. Stream: `platform-<project>/installation`. */
export type PlatformEvent = {
  readonly type: 'LossAccepted';
  /** What the witnesses said that is not in the log any more, one sentence each. */
  readonly data: { readonly losses: readonly string[] };
};
export const platformEventTypes = eventTypes<PlatformEvent['type']>('platform', { LossAccepted: 1 });
