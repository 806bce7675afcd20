import type { Provider } from '@nestjs/common';
import type { Views } from '@millrace/read-models';
import { ExecutionQuery } from '../execution/execution.query.js';
import { READ_MODELS } from '../ports.js';
import { Mutations } from '../views/mutations.js';
import { ApprovalQuery } from './approval.query.js';
import { ApprovalFieldsResolver, ApprovalResolver } from './approval.resolver.js';
import { Votes } from './votes.js';

export const providers: readonly Provider[] = [
  {
    provide: ApprovalQuery,
    useFactory: (readModels: Views) => new ApprovalQuery(readModels),
    inject: [READ_MODELS],
  },
  {
    provide: Votes,
    useFactory: (mutations: Mutations, approvals: ApprovalQuery, executions: ExecutionQuery) =>
      new Votes(mutations, approvals, executions),
    inject: [Mutations, ApprovalQuery, ExecutionQuery],
  },
  ApprovalResolver,
  ApprovalFieldsResolver,
];
