import type { Provider } from '@nestjs/common';
import type { Projection, ReadModels } from '@millrace/read-models';
import { READ_MODELS } from '../ports.js';
import { Mutations } from '../views/mutations.js';
import { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import { ExecutionChanges } from './execution-changes.js';
import {
  ActionExecutionResolver,
  ExecutionFieldsResolver,
  ExecutionRefResolver,
  InboundExecutionResolver,
  ExecutionRevisionResolver,
  PipelineExecutionsResolver,
  StageExecutionStateResolver,
  WaitingStateResolver,
} from './execution-fields.resolver.js';
import { ExecutionQuery } from './execution.query.js';
import { ExecutionMutationResolver, ExecutionQueryResolver, TransitionChangeResolver } from './execution.resolver.js';
import { executionsProjection } from './executions.projection.js';
import { seenRevisionsProjection } from './seen-revisions.projection.js';

export const providers: readonly Provider[] = [
  {
    provide: ExecutionQuery,
    useFactory: (readModels: ReadModels) => new ExecutionQuery(readModels),
    inject: [READ_MODELS],
  },
  {
    provide: ExecutionChanges,
    useFactory: (mutations: Mutations, executions: ExecutionQuery, pipelines: PipelineQuery) =>
      new ExecutionChanges(mutations, executions, pipelines),
    inject: [Mutations, ExecutionQuery, PipelineQuery],
  },
  ExecutionQueryResolver,
  ExecutionMutationResolver,
  TransitionChangeResolver,
  ExecutionFieldsResolver,
  ExecutionRevisionResolver,
  WaitingStateResolver,
  ActionExecutionResolver,
  ExecutionRefResolver,
  InboundExecutionResolver,
  StageExecutionStateResolver,
  PipelineExecutionsResolver,
];

export const projections: readonly Projection[] = [executionsProjection, seenRevisionsProjection];
