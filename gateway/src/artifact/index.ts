import type { Provider } from '@nestjs/common';
import type { Views } from '@millrace/read-models';
import { READ_MODELS } from '../ports.js';
import { ArtifactQuery } from './artifact.query.js';
import { ArtifactResolver, LogResolver } from './artifact.resolver.js';

export const providers: readonly Provider[] = [
  {
    provide: ArtifactQuery,
    useFactory: (readModels: Views) => new ArtifactQuery(readModels),
    inject: [READ_MODELS],
  },
  ArtifactResolver,
  LogResolver,
];
