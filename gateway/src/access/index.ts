import type { Provider } from '@nestjs/common';
import type { Projection } from '@millrace/read-models';
import { TokensResolver } from './tokens.resolver.js';
import { tokensProjection } from './tokens.projection.js';

export const providers: readonly Provider[] = [TokensResolver];
export const projections: readonly Projection[] = [tokensProjection as unknown as Projection];
