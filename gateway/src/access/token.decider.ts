import { accept, refuse, type Decider, type Decision } from '@millrace/decider';
import type { TokenCommand, TokenEvent, TokenRefusal } from '@millrace/contracts/access';

/** What the rules read of one token. */
export type Token = { readonly status: 'absent' } | { readonly status: 'created' } | { readonly status: 'revoked' };

type Outcome = Decision<TokenEvent, TokenRefusal>;

function evolve(token: Token, event: TokenEvent): Token {
  switch (event.type) {
    case 'TokenCreated':
      return { status: 'created' };
    case 'TokenRevoked':
      return token.status === 'absent' ? token : { status: 'revoked' };
  }
}

function decide(command: TokenCommand, token: Token): Outcome {
  switch (command.type) {
    case 'CreateToken':
      return createToken(command, token);
    case 'RevokeToken':
      return revokeToken(command, token);
  }
}

function createToken({ data, at }: Extract<TokenCommand, { type: 'CreateToken' }>, token: Token): Outcome {
  if (token.status !== 'absent')
    return refuse('TOKEN_EXISTS', 'This token was created before, and its secret is shown only once. Create another.');
  if (data.expiresAt !== undefined && data.expiresAt <= at)
    return refuse('ALREADY_EXPIRED', `The token would have expired at ${data.expiresAt}. Name a later instant.`);
  return accept<TokenEvent>({ type: 'TokenCreated', data });
}

function revokeToken({ data }: Extract<TokenCommand, { type: 'RevokeToken' }>, token: Token): Outcome {
  if (token.status === 'absent') return refuse('TOKEN_NOT_FOUND', `There is no token ${data.tokenId}.`);
  // Revoking twice is what a nervous person does.
  if (token.status === 'revoked') return accept();
  return accept<TokenEvent>({ type: 'TokenRevoked', data: { tokenId: data.tokenId } });
}

export const tokenDecider: Decider<TokenCommand, Token, TokenEvent, TokenRefusal> = {
  name: 'token',
  version: 1,
  initial: { status: 'absent' },
  decide,
  evolve,
};
