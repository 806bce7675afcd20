import { DEFAULT_PROJECT } from '@millrace/contracts';
import type { IncomingHttpHeaders } from 'node:http';
import type { Viewer } from '../ports.js';
import type { Principals } from './principals.js';

export const SESSION_COOKIE = 'millrace-session';

/** Where everyone is an administrator because somebody chose so, on loopback. */
const LOCAL: Viewer = {
  tokenId: 'local',
  name: 'local',
  role: 'admin',
  actor: { kind: 'person', id: 'local', name: 'local', issuer: 'millrace' },
  project: DEFAULT_PROJECT,
};

export interface Authentication {
  /** Undefined: nobody that we know. What is shown must be valid, also where nothing needs to be shown. */
  viewer(credential: string | undefined): Viewer | undefined;
  onVoid(viewer: Viewer, callback: () => void): () => void;
}

export function tokenAuthentication(principals: Principals): Authentication {
  return {
    viewer: (credential) => (credential === undefined ? undefined : principals.viewer(credential)),
    onVoid: (viewer, callback) => principals.onVoid(viewer, callback),
  };
}

export function openAuthentication(principals: Principals): Authentication {
  return {
    viewer: (credential) => (credential === undefined ? LOCAL : principals.viewer(credential)),
    onVoid: (viewer, callback) => principals.onVoid(viewer, callback),
  };
}

/** The token that a request shows: `Authorization: Bearer`, else the session cookie. */
export function credentialOf(headers: Pick<IncomingHttpHeaders, 'authorization' | 'cookie'>): string | undefined {
  if (headers.authorization !== undefined) return bearer(headers.authorization);
  for (const part of headers.cookie?.split(';') ?? []) {
    const [name, value] = part.split('=', 2);
    if (name?.trim() === SESSION_COOKIE && value !== undefined) return value.trim();
  }
  return undefined;
}

/** Never undefined: a header of another scheme is a credential that nobody has. */
export function bearer(authorization: string): string {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
}
