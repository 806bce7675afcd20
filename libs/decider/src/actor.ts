/** Rights of a principal, from least to most; `runner` stands apart: it may lease and report work, nothing else. */
export type Role = 'viewer' | 'developer' | 'approver' | 'admin' | 'runner';

/** On whose word something happened. Recorded in every event. */
export interface Actor {
  readonly kind: 'person' | 'token' | 'service' | 'runner';
  /** Stable identifier: a token's id, a service's name, a runner's id. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Who vouches for the identity: `millrace` for our own tokens and services, an identity provider's URL later. */
  readonly issuer: string;
  /** The actor that this one speaks for, e.g. the person who started the execution that a policy carries on. */
  readonly onBehalfOf?: Actor;
}
