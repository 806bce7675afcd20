import type { Provider } from '@nestjs/common';
import type { Commands } from '@millrace/messaging';
import type { Views } from '@millrace/read-models';
import type { Ids } from '@millrace/runtime';
import { COMMANDS, IDS, PRINCIPALS, READ_MODELS, VISIBILITY, type Visibility } from '../ports.js';
import { Mutations } from '../views/mutations.js';
import type { Principals } from './principals.js';
import { Tokens } from './tokens.js';
import { TOKENS_PORT, TokensResolver } from './tokens.resolver.js';

const tokens: Provider = {
  provide: TOKENS_PORT,
  inject: [COMMANDS, VISIBILITY, IDS, READ_MODELS, PRINCIPALS],
  useFactory: (
    ...[commands, visibility, ids, readModels, principals]: [Commands, Visibility, Ids, Views, Principals]
  ) => new Tokens(new Mutations(commands, visibility, ids), readModels, principals, visibility),
};

export const providers: readonly Provider[] = [tokens, TokensResolver];
