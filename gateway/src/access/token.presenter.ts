import type { Role } from '@millrace/decider';
import type { Page } from '@millrace/read-models';
import type { Viewer } from '../ports.js';
import type { TokenDocument } from './tokens.projection.js';

export function toToken(token: TokenDocument) {
  return {
    id: token.tokenId,
    name: token.name,
    role: token.role,
    createdAt: token.createdAt,
    createdBy: token.createdBy,
    expiresAt: token.expiresAt ?? null,
    revokedAt: token.revokedAt ?? null,
  };
}

export function toTokenConnection(page: Page<TokenDocument>, after: string | null | undefined) {
  const edges = page.items.map(({ cursor, document }) => ({ cursor, node: toToken(document) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.hasMore,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

export function toViewer(viewer: Viewer): { readonly actor: Viewer['actor']; readonly role: Role; readonly project: string } {
  return { actor: viewer.actor, role: viewer.role, project: viewer.project };
}
