import { toActor } from '../views/actor.presenter.js';
import type { Accepted } from '../views/mutations.js';
import type { Viewer } from '../ports.js';
import { mutationsOf } from './operations.js';
import type { TokenDocument } from './tokens.projection.js';

export function toToken(token: TokenDocument) {
  return {
    id: token.tokenId,
    name: token.name,
    role: token.role,
    createdAt: token.createdAt,
    createdBy: toActor(token.createdBy),
    expiresAt: token.expiresAt ?? null,
    revokedAt: token.revokedAt ?? null,
  };
}

export function toTokenIssued(tokenId: string, secret: string | null, { position, visible }: Accepted) {
  return { __typename: 'TokenIssued', id: tokenId, secret, position, visible };
}

export function toTokenRevoked(tokenId: string, { position, visible }: Accepted) {
  return { __typename: 'TokenRevoked', id: tokenId, position, visible };
}

export function toTokenRefused({ code, message }: { readonly code: string; readonly message: string }) {
  return { __typename: 'TokenRefused', code, message };
}

export function toViewer(viewer: Viewer) {
  const { actor, role, project, expiresAt } = viewer;
  return { actor: toActor(actor), role, project, mutations: mutationsOf(viewer), expiresAt: expiresAt ?? null };
}
