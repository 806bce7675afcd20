import type { Role } from '@millrace/decider';
import { tokenEventTypes, type TokenEvent } from '@millrace/contracts/access';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';

/** One token, without its secret. Id: `<project>/<tokenId>`. */
export type TokenDocument = {
  readonly project: string;
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly expiresAt?: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly revokedAt?: string;
  readonly revokedBy?: string;
  readonly streams: readonly string[];
};

export const TOKENS = 'tokens';

export const tokenDocumentId = (project: string, tokenId: string): string => `${project}/${tokenId}`;

function touches(event: RecordedEvent): readonly string[] {
  if (event.category !== 'token') return [];
  const { data } = tokenEventTypes.decode<TokenEvent>(event);
  return [tokenDocumentId(event.metadata.project, data.tokenId)];
}

export function foldToken(token: TokenDocument | undefined, recorded: RecordedEvent): TokenDocument | undefined {
  const { metadata, stream } = recorded;
  const event = tokenEventTypes.decode<TokenEvent>(recorded);
  switch (event.type) {
    case 'TokenCreated':
      return {
        project: metadata.project,
        ...event.data,
        createdAt: metadata.time,
        createdBy: metadata.actor.name,
        streams: [stream],
      };
    case 'TokenRevoked':
      return token && { ...token, revokedAt: metadata.time, revokedBy: metadata.actor.name };
  }
}

export const tokensProjection: Projection<TokenDocument> = {
  name: 'access.tokens.v1',
  collection: { name: TOKENS, indexes: [{ name: 'created', fields: ['project', 'createdAt'] }] },
  touches,
  fold: foldToken,
};
