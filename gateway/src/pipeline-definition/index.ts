import type { Provider } from '@nestjs/common';
import type { Views } from '@millrace/read-models';
import { READ_MODELS } from '../ports.js';
import { Mutations } from '../views/mutations.js';
import { PipelineChanges } from './pipeline-changes.js';
import { PipelineQuery } from './pipeline.query.js';
import { PipelineFieldsResolver, PipelineMutationResolver, PipelineQueryResolver } from './pipeline.resolver.js';
import { PipelineSubscriptionResolver } from './pipeline-subscriptions.resolver.js';
import { DEFINITIONS, type Definitions } from './ports.js';

export { DEFINITIONS } from './ports.js';
export type { Definitions, Finding } from './ports.js';

/** Asks for `DEFINITIONS` beside the gateway's own tokens. */
export const providers: readonly Provider[] = [
  {
    provide: PipelineQuery,
    useFactory: (readModels: Views) => new PipelineQuery(readModels),
    inject: [READ_MODELS],
  },
  {
    provide: PipelineChanges,
    useFactory: (mutations: Mutations, definitions: Definitions, pipelines: PipelineQuery) =>
      new PipelineChanges(mutations, definitions, pipelines),
    inject: [Mutations, DEFINITIONS, PipelineQuery],
  },
  PipelineQueryResolver,
  PipelineMutationResolver,
  PipelineFieldsResolver,
  PipelineSubscriptionResolver,
];

// The versions come first: whoever sees a pipeline's new version can read it.
