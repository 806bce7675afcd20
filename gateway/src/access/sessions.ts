import { NAMESPACES, uuidV5, type Actor, type Role } from '@millrace/decider';
import type { TokenCreated } from '@millrace/contracts/access';
import type { Commands } from '@millrace/messaging';
import type { Clock, Ids } from '@millrace/runtime';
import type { Viewer } from '../ports.js';
import type { Principals } from './principals.js';
import { newSecret, secretHash, tokenText } from './token-text.js';

/** How long a browser stays signed in. */
export const SESSION_HOURS = 12;
/** How long a link to sign in is good. */
export const LINK_MINUTES = 10;
/** Links that nobody has used yet; the oldest give way. */
const LINKS_MAX = 100;

/** What a link or a token lets a browser do. */
export interface Grant {
  readonly name: string;
  readonly role: Role;
  readonly project: string;
  readonly actor: Actor;
}

export interface Session {
  /** What the browser shows from now on. */
  readonly text: string;
  readonly expiresAt: string;
}

/**
 * Links that sign a browser in once (docs/decisions/0043). They live in the memory of the process that printed them: only their hash,
 * and not beyond their time.
 */
export class SignInLinks {
  readonly #links = new Map<string, { readonly grant: Grant; readonly expiresAtMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** @returns the code, which is in the link behind `#`. */
  issue(grant: Grant): string {
    const code = newSecret();
    const [oldest] = this.#links.keys();
    if (this.#links.size >= LINKS_MAX && oldest !== undefined) this.#links.delete(oldest);
    this.#links.set(secretHash(code), { grant, expiresAtMs: this.clock.nowMs() + LINK_MINUTES * 60_000 });
    return code;
  }

  /** Undefined for a code that is unknown, used or too old. Looked up by its hash: how long that takes tells nothing. */
  redeem(code: string): Grant | undefined {
    const hash = secretHash(code);
    const link = this.#links.get(hash);
    this.#links.delete(hash);
    return link !== undefined && link.expiresAtMs > this.clock.nowMs() ? link.grant : undefined;
  }
}

export interface SessionsOptions {
  readonly commands: Commands;
  readonly principals: Principals;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A browser's session is a token of its own, with an end: so it is a fact, outlives a restart, and can be revoked by itself. */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  /**
   * @throws OperationalError when it can't be recorded now.
   */
  async open({ name, role, project, actor }: Grant, correlationId: string): Promise<Session> {
    const { commands, principals, clock, ids } = this.options;
    const [tokenId, secret] = [ids.uuid(), newSecret()];
    const expiresAt = new Date(clock.nowMs() + SESSION_HOURS * 3_600_000).toISOString();
    const data: TokenCreated = {
      tokenId,
      name: `${name.slice(0, 88)} (browser)`,
      role,
      secretHash: secretHash(secret),
      expiresAt,
    };
    const reply = await commands.send(
      { target: 'access', type: 'CreateToken', data: { ...data } },
      { commandId: uuidV5(NAMESPACES.command, 'session', tokenId), project, actor, correlationId },
    );
    if (!reply.accepted) throw new Error(`A session was refused: ${reply.code} ${reply.message}`);
    if (reply.position !== undefined) await principals.reached(reply.position);
    return { text: tokenText({ tokenId, secret }), expiresAt };
  }

  /** Ends the session that the viewer has shown, its sockets with it. */
  async close({ tokenId, project, actor }: Viewer, correlationId: string): Promise<void> {
    const { commands, principals } = this.options;
    const reply = await commands.send(
      { target: 'access', type: 'RevokeToken', data: { tokenId } },
      { commandId: uuidV5(NAMESPACES.command, 'session-end', tokenId), project, actor, correlationId },
    );
    if (reply.accepted && reply.position !== undefined) await principals.reached(reply.position);
  }
}
