import { describeFrozenExamples } from '../testing/frozen-examples.js';
import { platformEventTypes, tokenEventTypes, type PlatformEvent, type TokenEvent } from './index.js';

describe('events of tokens', () => {
  describeFrozenExamples<TokenEvent>({
    types: tokenEventTypes,
    folder: new URL('./examples/token/', import.meta.url),
    membersToday: {
      TokenCreated: ['tokenId', 'name', 'role', 'secretHash', 'expiresAt'],
      TokenRevoked: ['tokenId'],
    },
  });
});

describe('events of the installation', () => {
  describeFrozenExamples<PlatformEvent>({
    types: platformEventTypes,
    folder: new URL('./examples/platform/', import.meta.url),
    membersToday: { LossAccepted: ['losses'] },
  });
});
