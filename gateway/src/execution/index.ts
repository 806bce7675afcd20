import type { Provider } from '@nestjs/common';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { Views } from '@millrace/read-models';
import type { Clock, Timers } from '@millrace/runtime';
import { CLOCK, READ_MODELS, RUNNER_JOBS, TIMERS } from '../ports.js';
import { Mutations } from '../views/mutations.js';
import { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import { ExecutionChanges } from './execution-changes.js';
import {
  ActionExecutionResolver,
  ActionExecutionStateResolver,
  ExecutionFieldsResolver,
  ExecutionRefResolver,
  InboundExecutionResolver,
  ExecutionRevisionResolver,
  PipelineExecutionsResolver,
  StageExecutionStateResolver,
  WaitingStateResolver,
} from './execution-fields.resolver.js';
import { ExecutionQuery } from './execution.query.js';
import {
  ExecutionMutationResolver,
  ExecutionQueryResolver,
  ExecutionSubscriptionResolver,
  TransitionChangeResolver,
} from './execution.resolver.js';
import { WorkWaiting } from './work-waiting.js';

export const providers: readonly Provider[] = [
  {
    provide: ExecutionQuery,
    useFactory: (readModels: Views) => new ExecutionQuery(readModels),
    inject: [READ_MODELS],
  },
  {
    provide: ExecutionChanges,
    useFactory: (mutations: Mutations, executions: ExecutionQuery, pipelines: PipelineQuery) =>
      new ExecutionChanges(mutations, executions, pipelines),
    inject: [Mutations, ExecutionQuery, PipelineQuery],
  },
  {
    provide: WorkWaiting,
    useFactory: (jobs: RunnerJobs, clock: Clock, timers: Timers) => new WorkWaiting(jobs, clock, timers),
    inject: [RUNNER_JOBS, CLOCK, TIMERS],
  },
  ExecutionQueryResolver,
  ExecutionMutationResolver,
  ExecutionSubscriptionResolver,
  TransitionChangeResolver,
  ExecutionFieldsResolver,
  ExecutionRevisionResolver,
  WaitingStateResolver,
  ActionExecutionResolver,
  ActionExecutionStateResolver,
  ExecutionRefResolver,
  InboundExecutionResolver,
  StageExecutionStateResolver,
  PipelineExecutionsResolver,
];
