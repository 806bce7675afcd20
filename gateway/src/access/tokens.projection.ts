import type { Actor, Role } from '@millrace/decider';
import { tokenEventTypes, type TokenEvent } from '@millrace/contracts/access';
import type { RecordedEvent } from '@millrace/event-store';
import { viewProjection } from '../views/view-projection.js';

/** One token, without its secret. Id: `<project>/<tokenId>`. */
export interface TokenDocument {
  readonly project: string;
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly expiresAt?: string;
  readonly createdAt: string;
  readonly createdBy: Actor;
  readonly revokedAt?: string;
  readonly streams: readonly string[];
}

export const TOKENS = 'tokens';

export const tokensProjection = viewProjection<TokenDocument>({
  name: 'access.tokens.v1',
  collection: { name: TOKENS, indexes: [{ name: 'byName', fields: ['project', 'name'] }] },
  categories: ['token'],
  key: (_event, { data }) => String(data['tokenId']),
  fold: (token, _event, recorded) => foldToken(token, recorded),
});

export function foldToken(token: TokenDocument | undefined, recorded: RecordedEvent): TokenDocument | undefined {
  const { metadata, stream } = recorded;
  const event = tokenEventTypes.decode<TokenEvent>(recorded);
  switch (event.type) {
    case 'TokenCreated':
      return {
        project: metadata.project,
        ...event.data,
        createdAt: metadata.time,
        createdBy: metadata.actor,
        streams: [stream],
      };
    case 'TokenRevoked':
      return token && { ...token, revokedAt: metadata.time };
  }
}
