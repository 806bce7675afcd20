import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import { z } from 'zod';
import { NAMESPACES, uuidV5, type Role } from '@millrace/decider';
import type { TokenCreated } from '@millrace/contracts/access';
import type { CommandReply, Commands } from '@millrace/messaging';
import type { ReadModels } from '@millrace/read-models';
import type { Ids } from '@millrace/runtime';
import { badInput } from '../graphql/public-error.js';
import {
  COMMANDS,
  IDS,
  PRINCIPALS,
  READ_MODELS,
  VISIBILITY,
  type RequestContext,
  type Viewer,
  type Visibility,
} from '../ports.js';
import { callerEnvelope } from './envelope.js';
import type { Principals } from './principals.js';
import { toTokenConnection, toViewer } from './token.presenter.js';
import { newSecret, secretHash, tokenText } from './token-text.js';
import { TOKENS, type TokenDocument } from './tokens.projection.js';

const clientToken = z.string().regex(/^[\x20-\x7e]{1,128}$/, 'must have 1 to 128 printable characters').nullish();
const createInput = z.object({
  name: z.string().regex(/^[^\p{C}]{1,100}$/u, 'must have 1 to 100 characters, none of them invisible'),
  role: z.enum(['viewer', 'developer', 'approver', 'admin', 'runner']),
  expiresAt: z.string().nullish(),
  clientToken,
});
const revokeInput = z.object({ id: z.uuid('must be a token’s id'), clientToken });
const pageInput = z.object({ first: z.int().min(1).max(100), after: z.string().max(4_096).nullish() });

interface PageArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly minPosition?: string | null;
}

@Resolver()
export class TokensResolver {
  constructor(
    @Inject(COMMANDS) private readonly commands: Commands,
    @Inject(READ_MODELS) private readonly readModels: ReadModels,
    @Inject(VISIBILITY) private readonly visibility: Visibility,
    @Inject(TOKEN_ISSUE) private readonly issue: TokenIssue,
  ) {}

  @Query('viewer')
  viewer(@Context('viewer') viewer: Viewer) {
    return toViewer(viewer);
  }

  @Query('tokens')
  async tokens(@Args() args: PageArguments, @Context('viewer') viewer: Viewer) {
    const { first, after } = checked(pageInput, args);
    await this.visibility.awaitCursor(args.minPosition);
    const request = { index: 'name', equals: [viewer.project], limit: first };
    return toTokenConnection(
      await this.readModels
        .page<TokenDocument>(TOKENS, after ? { ...request, after } : request)
        .catch((error: unknown) => {
          if (Error.isError(error) && error.name === 'RangeError') throw badInput('after must be a cursor of this list.');
          throw error;
        }),
      after,
    );
  }
}
