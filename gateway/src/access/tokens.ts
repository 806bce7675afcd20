import { NAMESPACES, uuidV5, type Role } from '@millrace/decider';
import type { TokenCreated } from '@millrace/contracts/access';
import type { Views } from '@millrace/read-models';
import type { Mutations } from '../views/mutations.js';
import { type Settled } from '../views/mutations.js';
import { ofOwnCursor, absentIfNull } from '../views/input.js';
import { viewPage, type PageWish, type ViewPage } from '../views/connection.js';
import type { RequestContext, Visibility } from '../ports.js';
import type { Principals } from './principals.js';
import { newSecret, secretHash, tokenText } from './token-text.js';
import { TOKENS, type TokenDocument } from './tokens.projection.js';

export interface TokenWish {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt?: string | null | undefined;
  readonly clientToken?: string | null | undefined;
}

/** Gives tokens out and takes them back. What it answers counts at this gateway when it answers. */
export class Tokens {
  constructor(
    private readonly mutations: Mutations,
    private readonly readModels: Views,
    private readonly principals: Principals,
    private readonly visibility: Visibility,
  ) {}

  /** The text is null for a repeat: the first answer showed it, and nobody can show it again. */
  async create(
    wish: TokenWish,
    context: RequestContext,
  ): Promise<{ readonly tokenId: string; readonly text: string | null; readonly settled: Settled }> {
    const clientToken = this.mutations.token(wish.clientToken);
    const { project, tokenId: issuer } = context.viewer;
    const tokenId = uuidV5(NAMESPACES.command, project, issuer, 'token', clientToken);
    const secret = newSecret();
    const expiresAt = absentIfNull(wish.expiresAt);
    const data: TokenCreated = {
      tokenId,
      name: wish.name,
      role: wish.role,
      secretHash: secretHash(secret),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const settled = await this.mutations.settle(context, {
      operation: 'createToken',
      subject: tokenId,
      clientToken,
      command: () => ({ target: 'access', type: 'CreateToken', data: { ...data } }),
    });
    await this.#counts(settled);
    return { tokenId, text: isOfNow(settled, data) ? tokenText({ tokenId, secret }) : null, settled };
  }

  async revoke(tokenId: string, clientToken: string | null | undefined, context: RequestContext): Promise<Settled> {
    const settled = await this.mutations.settle(context, {
      operation: 'revokeToken',
      subject: tokenId,
      clientToken,
      command: () => ({ target: 'access', type: 'RevokeToken', data: { tokenId } }),
    });
    await this.#counts(settled);
    return settled;
  }

  async page(
    project: string,
    wish: PageWish,
    minPosition: string | null | undefined,
  ): Promise<ViewPage<TokenDocument>> {
    await this.visibility.awaitCursor(minPosition);
    const request = { index: 'byName', equals: [project], limit: wish.first };
    const page = this.readModels.page(TOKENS, wish.after === undefined ? request : { ...request, after: wish.after });
    return viewPage<TokenDocument>(await ofOwnCursor(page));
  }

  async #counts(settled: Settled): Promise<void> {
    if (settled.accepted && settled.position !== null)
      await this.principals.reached(this.visibility.positionOf(settled.position));
  }
}

/** A repeat is answered with the facts of the first time, and so with the hash of another secret. */
function isOfNow(settled: Settled, { secretHash: hash }: TokenCreated): boolean {
  return settled.accepted && settled.events.some(({ data }) => (data as Partial<TokenCreated>).secretHash === hash);
}
