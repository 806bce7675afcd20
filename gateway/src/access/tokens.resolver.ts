import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { checked, clientToken, pageOf, uuid } from '../views/input.js';
import { toConnection } from '../views/connection.js';
import type { RequestContext, Viewer } from '../ports.js';
import { toToken, toTokenIssued, toTokenRefused, toTokenRevoked, toViewer } from './token.presenter.js';
import type { Tokens } from './tokens.js';

export const TOKENS_PORT = Symbol('Tokens');

const createInput = z.object({
  name: z.string().regex(/^[^\p{C}]{1,100}$/u, 'must have 1 to 100 characters, none of them invisible'),
  role: z.enum(['viewer', 'developer', 'approver', 'admin', 'runner']),
  expiresAt: z.string().nullish(),
  clientToken,
});
const revokeInput = z.object({ id: uuid, clientToken });
const pageInput = z.object(pageOf(50));

@Resolver()
export class TokensResolver {
  constructor(@Inject(TOKENS_PORT) private readonly all: Tokens) {}

  @Query('viewer')
  viewer(@Context('viewer') viewer: Viewer) {
    return toViewer(viewer);
  }

  @Query('tokens')
  async tokens(@Args() args: { readonly minPosition?: string | null }, @Context('viewer') viewer: Viewer) {
    const wish = checked(pageInput, args, '');
    const page = await this.all.page(viewer.project, wish, args.minPosition);
    return toConnection(page, wish, ({ document }) => toToken(document));
  }

  @Mutation('createToken')
  async createToken(@Args('input') input: unknown, @Context() context: RequestContext) {
    const { tokenId, text, settled } = await this.all.create(checked(createInput, input, 'input'), context);
    return settled.accepted ? toTokenIssued(tokenId, text, settled) : toTokenRefused(settled);
  }

  @Mutation('revokeToken')
  async revokeToken(@Args('input') input: unknown, @Context() context: RequestContext) {
    const wish = checked(revokeInput, input, 'input');
    const settled = await this.all.revoke(wish.id, wish.clientToken, context);
    return settled.accepted ? toTokenRevoked(wish.id, settled) : toTokenRefused(settled);
  }
}
