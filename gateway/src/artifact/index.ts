import type { Provider } from '@nestjs/common';
import type { Projection, ReadModels } from '@millrace/read-models';
import { READ_MODELS } from '../ports.js';
import { ArtifactQuery } from './artifact.query.js';
import { ArtifactResolver, LogResolver } from './artifact.resolver.js';
import { artifactsProjection } from './artifacts.projection.js';

export const providers: readonly Provider[] = [
  {
    provide: ArtifactQuery,
    useFactory: (readModels: ReadModels) => new ArtifactQuery(readModels),
    inject: [READ_MODELS],
  },
  ArtifactResolver,
  LogResolver,
];

export const projections: readonly Projection[] = [artifactsProjection];
