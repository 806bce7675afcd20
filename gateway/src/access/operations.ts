import type { Role } from '@millrace/decider';
import type { Viewer } from '../ports.js';

/**
 * What an operation asks for: a person's role (or a higher one), the runner's, a job's own token (checked by the runner API), a viewer
 * or a caller on this machine, or nothing at all.
 */
export type Requirement = Role | 'job' | 'viewer-or-loopback' | 'anyone';

/**
 * Every operation there is. What is not in it is refused to everybody; a test compares it with the schema and with the routes.
 *
 * A viewer looks. A developer brings changes in and runs them. An approver also decides what gets through: approvals and transitions.
 * An administrator also ends things for good, gives out tokens and tends the platform. A runner leases and reports work, nothing else.
 */
export const OPERATIONS: Readonly<Record<string, Requirement>> = {
  'GET /health/live': 'anyone',
  'GET /health/ready': 'anyone',
  'GET /metrics': 'viewer-or-loopback',

  // The console's page and files say nothing about anybody; what they show they ask for by GraphQL.
  'GET /': 'anyone',
  'GET /approvals': 'anyone',
  'GET /create': 'anyone',
  'GET /events': 'anyone',
  'GET /executions/*': 'anyone',
  'GET /history': 'anyone',
  'GET /pipelines/*': 'anyone',
  'GET /sign-in': 'anyone',
  'GET /system': 'anyone',
  'GET /assets/:file': 'anyone',
  // What is shown to sign in is in the body, and what is to end is the cookie's.
  'POST /session': 'anyone',
  'DELETE /session': 'anyone',

  'GET /graphql': 'viewer',
  'POST /graphql': 'viewer',
  'OPTIONS /graphql': 'viewer',
  'GET /logs/:executionId/:actionExecutionId': 'viewer',
  'GET /artifacts/:artifactId': 'viewer',

  'Query.viewer': 'viewer',
  'Query.pipeline': 'viewer',
  'Query.pipelines': 'viewer',
  'Query.actionTypes': 'viewer',
  'Query.validatePipeline': 'viewer',
  'Query.execution': 'viewer',
  'Query.executions': 'viewer',
  'Query.approvals': 'viewer',
  'Query.artifact': 'viewer',
  'Query.artifacts': 'viewer',
  'Query.log': 'viewer',
  'Query.events': 'viewer',
  'Query.platform': 'viewer',
  'Query.tokens': 'admin',
  'Subscription.pipelineChanged': 'viewer',
  'Subscription.pipelinesChanged': 'viewer',
  'Subscription.executionChanged': 'viewer',
  'Subscription.approvalsChanged': 'viewer',
  'Subscription.logAppended': 'viewer',
  'Subscription.eventAppended': 'viewer',

  'Mutation.createPipeline': 'developer',
  'Mutation.updatePipeline': 'developer',
  'Mutation.startExecution': 'developer',
  'Mutation.stopExecution': 'developer',
  'Mutation.retryStage': 'developer',
  'Mutation.lookAtSource': 'developer',
  'Mutation.castVote': 'approver',
  'Mutation.enableTransition': 'approver',
  'Mutation.disableTransition': 'approver',
  'Mutation.deletePipeline': 'admin',
  'Mutation.createToken': 'admin',
  'Mutation.revokeToken': 'admin',
  'Mutation.rebuildProjection': 'admin',
  'Mutation.retryParked': 'admin',
  'Mutation.dropParked': 'admin',

  'POST /runner/v1/lease': 'runner',
  'POST /runner/v1/heartbeat': 'runner',
  'POST /runner/v1/jobs/:jobId/report': 'job',
  'PUT /runner/v1/jobs/:jobId/log': 'job',
  'PUT /runner/v1/jobs/:jobId/artifacts/:name': 'job',
  'GET /runner/v1/jobs/:jobId/artifacts/:name': 'job',
};

/** The mutations that the viewer may use: what a page need not offer is not in it. */
export function mutationsOf(viewer: Viewer): readonly string[] {
  return Object.keys(OPERATIONS)
    .filter((operation) => operation.startsWith('Mutation.') && authorize(operation, viewer) === 'allowed')
    .map((operation) => operation.slice('Mutation.'.length));
}

/** People's roles; each may do what those before it may. */
const RANKS: readonly Role[] = ['viewer', 'developer', 'approver', 'admin'];

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden';

/** The one place where it is decided who may do what. */
export function authorize(operation: string, viewer: Viewer | undefined): Verdict {
  const requirement = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  switch (requirement) {
    case undefined:
      return viewer === undefined ? 'unauthenticated' : 'forbidden';
    case 'anyone':
    // The runner API asks RunnerJobs which job the token reaches: no principal of ours has one.
    case 'job':
      return 'allowed';
    case 'viewer-or-loopback':
      return verdict('viewer', viewer);
    case 'runner':
    case 'viewer':
    case 'developer':
    case 'approver':
    case 'admin':
      return verdict(requirement, viewer);
  }
}

function verdict(required: Role, viewer: Viewer | undefined): Verdict {
  if (viewer === undefined) return 'unauthenticated';
  if (required === 'runner') return viewer.role === 'runner' ? 'allowed' : 'forbidden';
  return RANKS.indexOf(viewer.role) >= RANKS.indexOf(required) ? 'allowed' : 'forbidden';
}
