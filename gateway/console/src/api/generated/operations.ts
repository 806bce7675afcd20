// Made by gateway/console/scripts/generate-operations.ts from the schema and src/api/*.graphql. Do not edit.

/** An operation's text, and what goes in and comes out. */
export interface Operation<Result, Variables> {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly text: string;
  /** Types only. */
  readonly types?: (variables: Variables) => Result;
}

export type ActionStatus = 'InProgress' | 'Abandoned' | 'Succeeded' | 'Failed';

export type ActorKind = 'person' | 'token' | 'service' | 'runner';

export type ApprovalStatus = 'Pending' | 'Approved' | 'Rejected' | 'Lapsed' | 'Withdrawn';

export interface CastVoteInput { readonly token?: string | null | undefined; readonly executionId?: string | null | undefined; readonly stage?: string | null | undefined; readonly action?: string | null | undefined; readonly result: VoteResult; readonly summary?: string | null | undefined; readonly clientToken?: string | null | undefined; }

export interface CreatePipelineInput { readonly definition?: unknown | null | undefined; readonly text?: string | null | undefined; readonly tags?: readonly (TagInput)[] | null | undefined; readonly clientToken?: string | null | undefined; }

export interface CreateTokenInput { readonly name: string; readonly role: Role; readonly expiresAt?: string | null | undefined; readonly clientToken?: string | null | undefined; }

export interface DeletePipelineInput { readonly name: string; readonly clientToken?: string | null | undefined; }

export interface DisableTransitionInput { readonly pipeline: string; readonly stage: string; readonly transitionType?: TransitionType | null | undefined; readonly reason: string; readonly clientToken?: string | null | undefined; }

export interface EnableTransitionInput { readonly pipeline: string; readonly stage: string; readonly transitionType?: TransitionType | null | undefined; readonly clientToken?: string | null | undefined; }

export interface EventFilter { readonly types?: readonly (string)[] | null | undefined; readonly categories?: readonly (string)[] | null | undefined; readonly pipeline?: string | null | undefined; readonly pipelineId?: string | null | undefined; readonly executionId?: string | null | undefined; readonly actorId?: string | null | undefined; readonly correlationId?: string | null | undefined; }

export type ExecutionStatus = 'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Superseded' | 'Failed' | 'Cancelled';

export type JobStatus = 'Offered' | 'Leased' | 'Succeeded' | 'Failed' | 'Returned' | 'Lost' | 'Revoked';

export interface LookAtSourceInput { readonly pipeline: string; readonly actionName?: string | null | undefined; readonly clientToken?: string | null | undefined; }

export interface ParkedInput { readonly id: string; readonly clientToken?: string | null | undefined; }

export interface RebuildProjectionInput { readonly name: string; readonly clientToken?: string | null | undefined; }

export type RetryMode = 'FAILED_ACTIONS' | 'ALL_ACTIONS';

export interface RetryStageInput { readonly pipeline: string; readonly executionId: string; readonly stage: string; readonly mode?: RetryMode | null | undefined; readonly clientToken?: string | null | undefined; }

export interface RevokeTokenInput { readonly id: string; readonly clientToken?: string | null | undefined; }

export type Role = 'viewer' | 'developer' | 'approver' | 'admin' | 'runner';

export interface SourceRevisionInput { readonly actionName: string; readonly revisionType?: string | null | undefined; readonly revisionValue: string; }

export type StageStatus = 'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Skipped';

export interface StartExecutionInput { readonly pipeline: string; readonly variables?: readonly (VariableInput)[] | null | undefined; readonly sourceRevisions?: readonly (SourceRevisionInput)[] | null | undefined; readonly clientToken?: string | null | undefined; }

export interface StopExecutionInput { readonly executionId: string; readonly abandon?: boolean | null | undefined; readonly reason?: string | null | undefined; readonly clientToken?: string | null | undefined; }

export interface TagInput { readonly key: string; readonly value: string; }

export type TransitionType = 'Inbound' | 'Outbound';

export interface UpdatePipelineInput { readonly definition?: unknown | null | undefined; readonly text?: string | null | undefined; readonly expectedVersion?: number | null | undefined; readonly clientToken?: string | null | undefined; }

export interface VariableInput { readonly name: string; readonly value: string; }

export type VoteResult = 'Approved' | 'Rejected';

export type WaitingCause = 'LOCKED' | 'TRANSITION_DISABLED' | 'TRANSITION_EXPIRED';

export type WorkState = 'QUEUED' | 'RUNNING' | 'ENDED';

export type ActorLine = { readonly kind: ActorKind; readonly id: string; readonly name: string; readonly onBehalfOf: { readonly kind: ActorKind; readonly id: string; readonly name: string; } | null; };

export type Revision = { readonly revisionId: string; readonly summary: string | null; readonly url: string | null; readonly createdAt: string | null; readonly author: string | null; };

export type Failure = { readonly code: string; readonly message: string; };

export type PipelineRow = { readonly id: string; readonly name: string; readonly version: number; readonly position: string; readonly latestExecution: { readonly id: string; readonly ordinal: number; readonly status: ExecutionStatus; readonly statusSince: string; readonly startedAt: string; } | null; readonly stages: readonly (({ readonly name: string; readonly transition: ({ readonly enabled: boolean; readonly reason: string | null; readonly changedAt: string | null; }); readonly inbound: readonly (({ readonly executionId: string; readonly ordinal: number | null; readonly status: ExecutionStatus; readonly cause: WaitingCause; readonly since: string; }))[]; readonly latestExecution: ({ readonly executionId: string; readonly ordinal: number | null; readonly status: StageStatus; readonly statusSince: string; }) | null; readonly actions: readonly (({ readonly name: string; readonly latestExecution: ({ readonly status: ActionStatus; readonly statusSince: string; readonly work: WorkState | null; readonly token: string | null; readonly dueAt: string | null; }) | null; }))[]; }))[]; readonly sources: readonly (({ readonly actionName: string; readonly healthy: boolean; readonly healthSince: string | null; readonly error: Failure | null; }))[]; };

export type ExecutionLine = { readonly id: string; readonly pipelineId: string; readonly pipelineName: string; readonly pipelineVersion: number; readonly ordinal: number; readonly status: ExecutionStatus; readonly statusSince: string; readonly summary: string | null; readonly startedAt: string; readonly finishedAt: string | null; readonly trigger: { readonly type: string; readonly detail: string; }; readonly startedBy: ActorLine; readonly sourceRevisions: readonly ({ readonly actionName: string; readonly revision: Revision; })[]; readonly position: string; };

export type PipelineState = { readonly id: string; readonly name: string; readonly version: number; readonly executionMode: string; readonly createdAt: string; readonly updatedAt: string; readonly updatedBy: ActorLine; readonly deletedAt: string | null; readonly tags: readonly ({ readonly key: string; readonly value: string; })[]; readonly position: string; readonly latestExecution: { readonly id: string; readonly ordinal: number; readonly status: ExecutionStatus; readonly statusSince: string; readonly startedAt: string; } | null; readonly sources: readonly (({ readonly actionName: string; readonly stageName: string; readonly healthy: boolean; readonly healthSince: string | null; readonly seenAt: string | null; readonly error: Failure | null; readonly revision: Revision | null; }))[]; readonly stages: readonly (({ readonly name: string; readonly transition: ({ readonly enabled: boolean; readonly reason: string | null; readonly changedAt: string | null; readonly changedBy: ActorLine | null; }); readonly inbound: readonly (({ readonly executionId: string; readonly ordinal: number | null; readonly status: ExecutionStatus; readonly cause: WaitingCause; readonly explanation: string; readonly since: string; readonly execution: ExecutionLine | null; }))[]; readonly latestExecution: ({ readonly executionId: string; readonly ordinal: number | null; readonly status: StageStatus; readonly statusSince: string; readonly enteredAt: string; readonly retries: number; readonly pipelineVersion: number | null; readonly execution: ExecutionLine | null; }) | null; readonly actions: readonly (({ readonly name: string; readonly actionTypeId: { readonly category: string; readonly owner: string; readonly provider: string; readonly version: string; }; readonly runOrder: number; readonly entityUrl: string | null; readonly revisionUrl: string | null; readonly latestExecution: ({ readonly actionExecutionId: string; readonly attempt: number; readonly status: ActionStatus; readonly statusSince: string; readonly startedAt: string; readonly finishedAt: string | null; readonly summary: string | null; readonly error: Failure | null; readonly work: WorkState | null; readonly runnerId: string | null; readonly updatedBy: string | null; readonly externalExecutionUrl: string | null; readonly token: string | null; readonly dueAt: string | null; }) | null; }))[]; }))[]; };

export type ApprovalState = { readonly id: string; readonly token: string | null; readonly status: ApprovalStatus; readonly statusSince: string; readonly pipelineName: string; readonly executionId: string; readonly stage: string; readonly action: string; readonly customData: string | null; readonly externalEntityLink: string | null; readonly summaryRequired: boolean; readonly requestedAt: string; readonly expiresAt: string; readonly answer: { readonly result: VoteResult; readonly summary: string; readonly by: ActorLine; readonly at: string; } | null; readonly withdrawnReason: string | null; readonly position: string; readonly execution: ({ readonly id: string; readonly pipelineId: string; readonly pipelineName: string; readonly pipelineVersion: number; readonly ordinal: number; readonly status: ExecutionStatus; readonly statusSince: string; readonly summary: string | null; readonly startedAt: string; readonly finishedAt: string | null; readonly trigger: { readonly type: string; readonly detail: string; }; readonly startedBy: ActorLine; readonly sourceRevisions: readonly ({ readonly actionName: string; readonly revision: Revision; readonly commits: readonly (CommitLine)[]; })[]; readonly position: string; }) | null; };

export type CommitLine = { readonly id: string; readonly summary: string; readonly author: string; readonly committedAt: string; };

export type Attempt = { readonly id: string; readonly attempt: number; readonly status: ActionStatus; readonly statusSince: string; readonly startedAt: string; readonly finishedAt: string | null; readonly dueAt: string; readonly summary: string | null; readonly error: Failure | null; readonly work: WorkState | null; readonly runnerId: string | null; readonly updatedBy: string | null; readonly configuration: unknown; readonly externalExecutionId: string | null; readonly externalExecutionUrl: string | null; readonly revision: Revision | null; readonly inputArtifacts: readonly (({ readonly name: string; readonly sha256: string; readonly bytes: number; readonly artifactId: string | null; }))[]; readonly outputArtifacts: readonly (({ readonly name: string; readonly sha256: string; readonly bytes: number; readonly artifactId: string | null; }))[]; readonly outputVariables: readonly ({ readonly name: string; readonly value: string; })[]; readonly jobs: readonly (({ readonly id: string; readonly attempt: number; readonly status: JobStatus; readonly runnerId: string | null; readonly labels: readonly (string)[]; readonly offeredAt: string; readonly leasedAt: string | null; readonly endedAt: string | null; readonly reason: string | null; }))[]; readonly log: ({ readonly bytes: number; readonly closed: boolean; readonly dropped: number; readonly expiredAt: string | null; }) | null; readonly approval: ({ readonly status: ApprovalStatus; readonly token: string | null; readonly expiresAt: string; readonly summaryRequired: boolean; readonly answer: { readonly result: VoteResult; readonly summary: string; readonly at: string; readonly by: ActorLine; } | null; }) | null; };

export type ExecutionState = { readonly id: string; readonly pipelineId: string; readonly pipelineName: string; readonly pipelineVersion: number; readonly ordinal: number; readonly status: ExecutionStatus; readonly statusSince: string; readonly summary: string | null; readonly startedAt: string; readonly finishedAt: string | null; readonly trigger: { readonly type: string; readonly detail: string; }; readonly startedBy: ActorLine; readonly sourceRevisions: readonly ({ readonly actionName: string; readonly revision: Revision; readonly commits: readonly (CommitLine)[]; })[]; readonly position: string; readonly variables: readonly ({ readonly name: string; readonly value: string; })[]; readonly waiting: ({ readonly stage: string; readonly cause: WaitingCause; readonly behind: string | null; readonly behindOrdinal: number | null; readonly explanation: string; readonly since: string; }) | null; readonly supersededBy: string | null; readonly stop: ({ readonly abandon: boolean; readonly reason: string | null; readonly at: string; readonly by: ActorLine; }) | null; readonly stages: readonly (({ readonly name: string; readonly status: StageStatus | null; readonly statusSince: string | null; readonly startedAt: string | null; readonly finishedAt: string | null; readonly retries: number; readonly actions: readonly (({ readonly name: string; readonly actionTypeId: { readonly category: string; readonly provider: string; }; readonly runOrder: number; readonly status: ActionStatus | null; readonly attempts: readonly (Attempt)[]; }))[]; }))[]; };

export type EventLine = { readonly id: string; readonly position: string; readonly type: string; readonly version: number; readonly category: string; readonly stream: string; readonly revision: number; readonly time: string; readonly actor: ActorLine; readonly pipelineId: string | null; readonly executionId: string | null; readonly commandId: string; readonly correlationId: string; readonly causationId: string | null; readonly data: unknown; readonly hash: string; };

export type SessionResult = { readonly viewer: ({ readonly actor: ActorLine; readonly role: Role; readonly project: string; readonly mutations: readonly (string)[]; readonly expiresAt: string | null; }); };
export type SessionVariables = {};
export const Session: Operation<SessionResult, SessionVariables> = {
  kind: 'query',
  name: 'Session',
  text: "query Session{viewer{actor{...ActorLine}role project mutations expiresAt}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type PipelineRowsResult = { readonly pipelines: ({ readonly nodes: readonly (PipelineRow)[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type PipelineRowsVariables = { readonly after?: string | null | undefined;};
export const PipelineRows: Operation<PipelineRowsResult, PipelineRowsVariables> = {
  kind: 'query',
  name: 'PipelineRows',
  text: "query PipelineRows($after:String){pipelines(first:100 after:$after){nodes{...PipelineRow}pageInfo{hasNextPage endCursor}}}fragment PipelineRow on Pipeline{id name version position latestExecution{id ordinal status statusSince startedAt}stages{name transition{enabled reason changedAt}inbound{executionId ordinal status cause since}latestExecution{executionId ordinal status statusSince}actions{name latestExecution{status statusSince work token dueAt}}}sources{actionName healthy healthSince error{...Failure}}}fragment Failure on ActionError{code message}",
};

export type PipelineIdsResult = { readonly pipelines: ({ readonly nodes: readonly ({ readonly id: string; })[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type PipelineIdsVariables = { readonly after?: string | null | undefined;};
export const PipelineIds: Operation<PipelineIdsResult, PipelineIdsVariables> = {
  kind: 'query',
  name: 'PipelineIds',
  text: "query PipelineIds($after:String){pipelines(first:100 after:$after){nodes{id}pageInfo{hasNextPage endCursor}}}",
};

export type PipelinesChangedResult = { readonly pipelinesChanged: ({ readonly pipelineId: string; readonly pipeline: PipelineRow | null; }); };
export type PipelinesChangedVariables = {};
export const PipelinesChanged: Operation<PipelinesChangedResult, PipelinesChangedVariables> = {
  kind: 'subscription',
  name: 'PipelinesChanged',
  text: "subscription PipelinesChanged{pipelinesChanged{pipelineId pipeline{...PipelineRow}}}fragment PipelineRow on Pipeline{id name version position latestExecution{id ordinal status statusSince startedAt}stages{name transition{enabled reason changedAt}inbound{executionId ordinal status cause since}latestExecution{executionId ordinal status statusSince}actions{name latestExecution{status statusSince work token dueAt}}}sources{actionName healthy healthSince error{...Failure}}}fragment Failure on ActionError{code message}",
};

export type PipelineRunsResult = { readonly pipeline: ({ readonly executions: ({ readonly nodes: readonly (({ readonly id: string; readonly ordinal: number; readonly status: ExecutionStatus; readonly startedAt: string; readonly finishedAt: string | null; readonly sourceRevisions: readonly (({ readonly revision: ({ readonly revisionId: string; readonly summary: string | null; }); }))[]; }))[]; }); readonly stages: readonly (({ readonly name: string; readonly latestExecution: ({ readonly executionId: string; readonly execution: ({ readonly sourceRevisions: readonly (({ readonly revision: ({ readonly revisionId: string; readonly summary: string | null; }); }))[]; }) | null; }) | null; }))[]; }) | null; };
export type PipelineRunsVariables = { readonly id: string;};
export const PipelineRuns: Operation<PipelineRunsResult, PipelineRunsVariables> = {
  kind: 'query',
  name: 'PipelineRuns',
  text: "query PipelineRuns($id:ID!){pipeline(id:$id){executions(first:12){nodes{id ordinal status startedAt finishedAt sourceRevisions{revision{revisionId summary}}}}stages{name latestExecution{executionId execution{sourceRevisions{revision{revisionId summary}}}}}}}",
};

export type PipelineNowResult = { readonly pipeline: PipelineState | null; };
export type PipelineNowVariables = { readonly name: string; readonly minPosition?: string | null | undefined;};
export const PipelineNow: Operation<PipelineNowResult, PipelineNowVariables> = {
  kind: 'query',
  name: 'PipelineNow',
  text: "query PipelineNow($name:String!$minPosition:Position){pipeline(name:$name minPosition:$minPosition){...PipelineState}}fragment PipelineState on Pipeline{id name version executionMode createdAt updatedAt updatedBy{...ActorLine}deletedAt tags{key value}position latestExecution{id ordinal status statusSince startedAt}sources{actionName stageName healthy healthSince seenAt error{...Failure}revision{...Revision}}stages{name transition{enabled reason changedAt changedBy{...ActorLine}}inbound{executionId ordinal status cause explanation since execution{...ExecutionLine}}latestExecution{executionId ordinal status statusSince enteredAt retries pipelineVersion execution{...ExecutionLine}}actions{name actionTypeId{category owner provider version}runOrder entityUrl revisionUrl latestExecution{actionExecutionId attempt status statusSince startedAt finishedAt summary error{...Failure}work runnerId updatedBy externalExecutionUrl token dueAt}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment Failure on ActionError{code message}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}",
};

export type PipelineChangedResult = { readonly pipelineChanged: PipelineState | null; };
export type PipelineChangedVariables = { readonly name: string;};
export const PipelineChanged: Operation<PipelineChangedResult, PipelineChangedVariables> = {
  kind: 'subscription',
  name: 'PipelineChanged',
  text: "subscription PipelineChanged($name:String!){pipelineChanged(name:$name){...PipelineState}}fragment PipelineState on Pipeline{id name version executionMode createdAt updatedAt updatedBy{...ActorLine}deletedAt tags{key value}position latestExecution{id ordinal status statusSince startedAt}sources{actionName stageName healthy healthSince seenAt error{...Failure}revision{...Revision}}stages{name transition{enabled reason changedAt changedBy{...ActorLine}}inbound{executionId ordinal status cause explanation since execution{...ExecutionLine}}latestExecution{executionId ordinal status statusSince enteredAt retries pipelineVersion execution{...ExecutionLine}}actions{name actionTypeId{category owner provider version}runOrder entityUrl revisionUrl latestExecution{actionExecutionId attempt status statusSince startedAt finishedAt summary error{...Failure}work runnerId updatedBy externalExecutionUrl token dueAt}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment Failure on ActionError{code message}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}",
};

export type PipelineDefinitionResult = { readonly pipeline: { readonly id: string; readonly name: string; readonly version: number; readonly definition: unknown; } | null; };
export type PipelineDefinitionVariables = { readonly name: string;};
export const PipelineDefinition: Operation<PipelineDefinitionResult, PipelineDefinitionVariables> = {
  kind: 'query',
  name: 'PipelineDefinition',
  text: "query PipelineDefinition($name:String!){pipeline(name:$name){id name version definition}}",
};

export type PipelineVersionsResult = { readonly pipeline: ({ readonly versions: ({ readonly nodes: readonly ({ readonly version: number; readonly createdAt: string; readonly createdBy: ActorLine; })[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); }) | null; };
export type PipelineVersionsVariables = { readonly name: string; readonly after?: string | null | undefined;};
export const PipelineVersions: Operation<PipelineVersionsResult, PipelineVersionsVariables> = {
  kind: 'query',
  name: 'PipelineVersions',
  text: "query PipelineVersions($name:String!$after:String){pipeline(name:$name){versions(first:50 after:$after){nodes{version createdAt createdBy{...ActorLine}}pageInfo{hasNextPage endCursor}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type PipelineVersionAtResult = { readonly pipeline: ({ readonly atVersion: { readonly version: number; readonly definition: unknown; readonly createdAt: string; readonly createdBy: ActorLine; } | null; }) | null; };
export type PipelineVersionAtVariables = { readonly name: string; readonly version: number;};
export const PipelineVersionAt: Operation<PipelineVersionAtResult, PipelineVersionAtVariables> = {
  kind: 'query',
  name: 'PipelineVersionAt',
  text: "query PipelineVersionAt($name:String!$version:Int!){pipeline(name:$name){atVersion(version:$version){version definition createdAt createdBy{...ActorLine}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type ExecutionsResult = { readonly executions: ({ readonly nodes: readonly (ExecutionLine)[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type ExecutionsVariables = { readonly pipeline?: string | null | undefined; readonly status?: ExecutionStatus | null | undefined; readonly first: number; readonly after?: string | null | undefined;};
export const Executions: Operation<ExecutionsResult, ExecutionsVariables> = {
  kind: 'query',
  name: 'Executions',
  text: "query Executions($pipeline:String$status:ExecutionStatus$first:Int!$after:String){executions(pipeline:$pipeline status:$status first:$first after:$after){nodes{...ExecutionLine}pageInfo{hasNextPage endCursor}}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment Revision on RevisionInfo{revisionId summary url createdAt author}",
};

export type EarlierExecutionsResult = { readonly executions: ({ readonly nodes: readonly (({ readonly id: string; readonly ordinal: number; readonly status: ExecutionStatus; readonly sourceRevisions: readonly ({ readonly actionName: string; readonly revision: { readonly revisionId: string; }; readonly commits: readonly (CommitLine)[]; })[]; readonly stages: readonly (({ readonly name: string; readonly status: StageStatus | null; }))[]; }))[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type EarlierExecutionsVariables = { readonly pipelineId: string; readonly after?: string | null | undefined;};
export const EarlierExecutions: Operation<EarlierExecutionsResult, EarlierExecutionsVariables> = {
  kind: 'query',
  name: 'EarlierExecutions',
  text: "query EarlierExecutions($pipelineId:ID!$after:String){executions(pipelineId:$pipelineId first:50 after:$after){nodes{id ordinal status sourceRevisions{actionName revision{revisionId}commits{...CommitLine}}stages{name status}}pageInfo{hasNextPage endCursor}}}fragment CommitLine on Commit{id summary author committedAt}",
};

export type ExecutionNowResult = { readonly execution: ExecutionState | null; };
export type ExecutionNowVariables = { readonly id: string;};
export const ExecutionNow: Operation<ExecutionNowResult, ExecutionNowVariables> = {
  kind: 'query',
  name: 'ExecutionNow',
  text: "query ExecutionNow($id:ID!){execution(id:$id){...ExecutionState}}fragment ExecutionState on Execution{...ExecutionLine variables{name value}sourceRevisions{actionName revision{...Revision}commits{...CommitLine}}waiting{stage cause behind behindOrdinal explanation since}supersededBy stop{abandon reason at by{...ActorLine}}stages{name status statusSince startedAt finishedAt retries actions{name actionTypeId{category provider}runOrder status attempts{...Attempt}}}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment CommitLine on Commit{id summary author committedAt}fragment Attempt on ActionExecution{id attempt status statusSince startedAt finishedAt dueAt summary error{...Failure}work runnerId updatedBy configuration externalExecutionId externalExecutionUrl revision{...Revision}inputArtifacts{name sha256 bytes artifactId}outputArtifacts{name sha256 bytes artifactId}outputVariables{name value}jobs{id attempt status runnerId labels offeredAt leasedAt endedAt reason}log{bytes closed dropped expiredAt}approval{status token expiresAt summaryRequired answer{result summary at by{...ActorLine}}}}fragment Failure on ActionError{code message}",
};

export type ExecutionChangedResult = { readonly executionChanged: ExecutionState | null; };
export type ExecutionChangedVariables = { readonly id: string;};
export const ExecutionChanged: Operation<ExecutionChangedResult, ExecutionChangedVariables> = {
  kind: 'subscription',
  name: 'ExecutionChanged',
  text: "subscription ExecutionChanged($id:ID!){executionChanged(id:$id){...ExecutionState}}fragment ExecutionState on Execution{...ExecutionLine variables{name value}sourceRevisions{actionName revision{...Revision}commits{...CommitLine}}waiting{stage cause behind behindOrdinal explanation since}supersededBy stop{abandon reason at by{...ActorLine}}stages{name status statusSince startedAt finishedAt retries actions{name actionTypeId{category provider}runOrder status attempts{...Attempt}}}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment CommitLine on Commit{id summary author committedAt}fragment Attempt on ActionExecution{id attempt status statusSince startedAt finishedAt dueAt summary error{...Failure}work runnerId updatedBy configuration externalExecutionId externalExecutionUrl revision{...Revision}inputArtifacts{name sha256 bytes artifactId}outputArtifacts{name sha256 bytes artifactId}outputVariables{name value}jobs{id attempt status runnerId labels offeredAt leasedAt endedAt reason}log{bytes closed dropped expiredAt}approval{status token expiresAt summaryRequired answer{result summary at by{...ActorLine}}}}fragment Failure on ActionError{code message}",
};

export type PendingApprovalsResult = { readonly approvals: ({ readonly nodes: readonly (ApprovalState)[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type PendingApprovalsVariables = { readonly after?: string | null | undefined;};
export const PendingApprovals: Operation<PendingApprovalsResult, PendingApprovalsVariables> = {
  kind: 'query',
  name: 'PendingApprovals',
  text: "query PendingApprovals($after:String){approvals(pending:true first:100 after:$after){nodes{...ApprovalState}pageInfo{hasNextPage endCursor}}}fragment ApprovalState on Approval{id token status statusSince pipelineName executionId stage action customData externalEntityLink summaryRequired requestedAt expiresAt answer{result summary by{...ActorLine}at}withdrawnReason position execution{...ExecutionLine sourceRevisions{actionName revision{...Revision}commits{...CommitLine}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment CommitLine on Commit{id summary author committedAt}",
};

export type ApprovalsChangedResult = { readonly approvalsChanged: ApprovalState; };
export type ApprovalsChangedVariables = {};
export const ApprovalsChanged: Operation<ApprovalsChangedResult, ApprovalsChangedVariables> = {
  kind: 'subscription',
  name: 'ApprovalsChanged',
  text: "subscription ApprovalsChanged{approvalsChanged{...ApprovalState}}fragment ApprovalState on Approval{id token status statusSince pipelineName executionId stage action customData externalEntityLink summaryRequired requestedAt expiresAt answer{result summary by{...ActorLine}at}withdrawnReason position execution{...ExecutionLine sourceRevisions{actionName revision{...Revision}commits{...CommitLine}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment CommitLine on Commit{id summary author committedAt}",
};

export type LogPartResult = { readonly log: { readonly offset: number; readonly nextOffset: number; readonly text: string; readonly end: boolean; } | null; };
export type LogPartVariables = { readonly executionId: string; readonly actionExecutionId: string; readonly offset: number; readonly limit: number;};
export const LogPart: Operation<LogPartResult, LogPartVariables> = {
  kind: 'query',
  name: 'LogPart',
  text: "query LogPart($executionId:ID!$actionExecutionId:ID!$offset:Long!$limit:Int!){log(executionId:$executionId actionExecutionId:$actionExecutionId offset:$offset limit:$limit){offset nextOffset text end}}",
};

export type LogAppendedResult = { readonly logAppended: { readonly offset: number; readonly nextOffset: number; readonly text: string; readonly end: boolean; }; };
export type LogAppendedVariables = { readonly executionId: string; readonly actionExecutionId: string; readonly offset: number;};
export const LogAppended: Operation<LogAppendedResult, LogAppendedVariables> = {
  kind: 'subscription',
  name: 'LogAppended',
  text: "subscription LogAppended($executionId:ID!$actionExecutionId:ID!$offset:Long!){logAppended(executionId:$executionId actionExecutionId:$actionExecutionId offset:$offset){offset nextOffset text end}}",
};

export type EventsResult = { readonly events: ({ readonly nodes: readonly (EventLine)[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type EventsVariables = { readonly after?: string | null | undefined; readonly before?: string | null | undefined; readonly filter?: EventFilter | null | undefined; readonly first: number;};
export const Events: Operation<EventsResult, EventsVariables> = {
  kind: 'query',
  name: 'Events',
  text: "query Events($after:Position$before:Position$filter:EventFilter$first:Int!){events(after:$after before:$before filter:$filter first:$first){nodes{...EventLine}pageInfo{hasNextPage endCursor}}}fragment EventLine on Event{id position type version category stream revision time actor{...ActorLine}pipelineId executionId commandId correlationId causationId data hash}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type EventAppendedResult = { readonly eventAppended: EventLine; };
export type EventAppendedVariables = { readonly after?: string | null | undefined; readonly filter?: EventFilter | null | undefined;};
export const EventAppended: Operation<EventAppendedResult, EventAppendedVariables> = {
  kind: 'subscription',
  name: 'EventAppended',
  text: "subscription EventAppended($after:Position$filter:EventFilter){eventAppended(after:$after filter:$filter){...EventLine}}fragment EventLine on Event{id position type version category stream revision time actor{...ActorLine}pipelineId executionId commandId correlationId causationId data hash}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type ActionTypesResult = { readonly actionTypes: readonly (({ readonly id: { readonly category: string; readonly owner: string; readonly provider: string; readonly version: string; }; readonly description: string; readonly properties: readonly (({ readonly name: string; readonly description: string; readonly type: string; readonly required: boolean; readonly default: string | null; readonly effective: boolean; }))[]; readonly members: readonly (string)[]; readonly outputVariables: readonly (string)[] | null; readonly isApproval: boolean; readonly timeoutMinutes: number; }))[]; };
export type ActionTypesVariables = {};
export const ActionTypes: Operation<ActionTypesResult, ActionTypesVariables> = {
  kind: 'query',
  name: 'ActionTypes',
  text: "query ActionTypes{actionTypes{id{category owner provider version}description properties{name description type required default effective}members outputVariables isApproval timeoutMinutes}}",
};

export type ValidatePipelineResult = { readonly validatePipeline: ({ readonly valid: boolean; readonly violations: readonly (({ readonly path: string; readonly message: string; readonly code: string | null; }))[]; readonly notices: readonly (({ readonly path: string; readonly message: string; readonly code: string | null; }))[]; }); };
export type ValidatePipelineVariables = { readonly text: string;};
export const ValidatePipeline: Operation<ValidatePipelineResult, ValidatePipelineVariables> = {
  kind: 'query',
  name: 'ValidatePipeline',
  text: "query ValidatePipeline($text:String!){validatePipeline(text:$text){valid violations{path message code}notices{path message code}}}",
};

export type PlatformResult = { readonly platform: ({ readonly version: string; readonly nodeVersion: string; readonly logId: string; readonly head: string; readonly headHash: string; readonly startedAt: string; readonly projections: readonly (({ readonly name: string; readonly checkpoint: string; readonly lag: number; readonly stoppedAt: string | null; readonly stoppedBy: string | null; }))[]; readonly consumers: readonly ({ readonly name: string; readonly position: string; readonly lag: number; readonly parked: number; })[]; readonly parked: readonly ({ readonly id: string; readonly consumer: string; readonly key: string; readonly eventId: string; readonly eventType: string; readonly cause: string; readonly attempts: number; readonly parkedAt: string; })[]; readonly runners: readonly ({ readonly id: string; readonly name: string; readonly labels: readonly (string)[]; readonly jobs: number; readonly lastSeenAt: string; })[]; readonly jobsOffered: number; readonly jobsLeased: number; readonly disk: { readonly totalBytes: number; readonly freeBytes: number; } | null; }); };
export type PlatformVariables = {};
export const Platform: Operation<PlatformResult, PlatformVariables> = {
  kind: 'query',
  name: 'Platform',
  text: "query Platform{platform{version nodeVersion logId head headHash startedAt projections{name checkpoint lag stoppedAt stoppedBy}consumers{name position lag parked}parked{id consumer key eventId eventType cause attempts parkedAt}runners{id name labels jobs lastSeenAt}jobsOffered jobsLeased disk{totalBytes freeBytes}}}",
};

export type TokensResult = { readonly tokens: ({ readonly nodes: readonly (({ readonly id: string; readonly name: string; readonly role: Role; readonly createdAt: string; readonly createdBy: ActorLine; readonly expiresAt: string | null; readonly revokedAt: string | null; }))[]; readonly pageInfo: ({ readonly hasNextPage: boolean; readonly endCursor: string | null; }); }); };
export type TokensVariables = { readonly after?: string | null | undefined;};
export const Tokens: Operation<TokensResult, TokensVariables> = {
  kind: 'query',
  name: 'Tokens',
  text: "query Tokens($after:String){tokens(first:100 after:$after){nodes{id name role createdAt createdBy{...ActorLine}expiresAt revokedAt}pageInfo{hasNextPage endCursor}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}",
};

export type CreatePipelineResult = { readonly createPipeline: ({ readonly __typename: 'PipelineSaved'; readonly name: string; readonly version: number | null; readonly position: string | null; readonly visible: boolean; } | { readonly __typename: 'PipelineInvalid'; readonly code: string; readonly message: string; readonly violations: readonly (({ readonly path: string; readonly message: string; readonly code: string | null; }))[]; } | { readonly __typename: 'PipelineRefused'; readonly code: string; readonly message: string; }); };
export type CreatePipelineVariables = { readonly input: CreatePipelineInput;};
export const CreatePipeline: Operation<CreatePipelineResult, CreatePipelineVariables> = {
  kind: 'mutation',
  name: 'CreatePipeline',
  text: "mutation CreatePipeline($input:CreatePipelineInput!){createPipeline(input:$input){__typename ...on PipelineSaved{name version position visible}...on PipelineInvalid{code message violations{path message code}}...on PipelineRefused{code message}}}",
};

export type UpdatePipelineResult = { readonly updatePipeline: ({ readonly __typename: 'PipelineSaved'; readonly name: string; readonly version: number | null; readonly position: string | null; readonly visible: boolean; } | { readonly __typename: 'PipelineInvalid'; readonly code: string; readonly message: string; readonly violations: readonly (({ readonly path: string; readonly message: string; readonly code: string | null; }))[]; } | { readonly __typename: 'PipelineRefused'; readonly code: string; readonly message: string; }); };
export type UpdatePipelineVariables = { readonly input: UpdatePipelineInput;};
export const UpdatePipeline: Operation<UpdatePipelineResult, UpdatePipelineVariables> = {
  kind: 'mutation',
  name: 'UpdatePipeline',
  text: "mutation UpdatePipeline($input:UpdatePipelineInput!){updatePipeline(input:$input){__typename ...on PipelineSaved{name version position visible}...on PipelineInvalid{code message violations{path message code}}...on PipelineRefused{code message}}}",
};

export type DeletePipelineResult = { readonly deletePipeline: ({ readonly __typename: 'PipelineDeleted'; } | { readonly __typename: 'PipelineRefused'; readonly code: string; readonly message: string; }); };
export type DeletePipelineVariables = { readonly input: DeletePipelineInput;};
export const DeletePipeline: Operation<DeletePipelineResult, DeletePipelineVariables> = {
  kind: 'mutation',
  name: 'DeletePipeline',
  text: "mutation DeletePipeline($input:DeletePipelineInput!){deletePipeline(input:$input){__typename ...on PipelineRefused{code message}}}",
};

export type StartExecutionResult = { readonly startExecution: ({ readonly __typename: 'ExecutionChange'; readonly executionId: string; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type StartExecutionVariables = { readonly input: StartExecutionInput;};
export const StartExecution: Operation<StartExecutionResult, StartExecutionVariables> = {
  kind: 'mutation',
  name: 'StartExecution',
  text: "mutation StartExecution($input:StartExecutionInput!){startExecution(input:$input){__typename ...on ExecutionChange{executionId}...on ExecutionRefused{code message}}}",
};

export type StopExecutionResult = { readonly stopExecution: ({ readonly __typename: 'ExecutionChange'; readonly executionId: string; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type StopExecutionVariables = { readonly input: StopExecutionInput;};
export const StopExecution: Operation<StopExecutionResult, StopExecutionVariables> = {
  kind: 'mutation',
  name: 'StopExecution',
  text: "mutation StopExecution($input:StopExecutionInput!){stopExecution(input:$input){__typename ...on ExecutionChange{executionId}...on ExecutionRefused{code message}}}",
};

export type RetryStageResult = { readonly retryStage: ({ readonly __typename: 'ExecutionChange'; readonly executionId: string; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type RetryStageVariables = { readonly input: RetryStageInput;};
export const RetryStage: Operation<RetryStageResult, RetryStageVariables> = {
  kind: 'mutation',
  name: 'RetryStage',
  text: "mutation RetryStage($input:RetryStageInput!){retryStage(input:$input){__typename ...on ExecutionChange{executionId}...on ExecutionRefused{code message}}}",
};

export type EnableTransitionResult = { readonly enableTransition: ({ readonly __typename: 'TransitionChange'; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type EnableTransitionVariables = { readonly input: EnableTransitionInput;};
export const EnableTransition: Operation<EnableTransitionResult, EnableTransitionVariables> = {
  kind: 'mutation',
  name: 'EnableTransition',
  text: "mutation EnableTransition($input:EnableTransitionInput!){enableTransition(input:$input){__typename ...on ExecutionRefused{code message}}}",
};

export type DisableTransitionResult = { readonly disableTransition: ({ readonly __typename: 'TransitionChange'; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type DisableTransitionVariables = { readonly input: DisableTransitionInput;};
export const DisableTransition: Operation<DisableTransitionResult, DisableTransitionVariables> = {
  kind: 'mutation',
  name: 'DisableTransition',
  text: "mutation DisableTransition($input:DisableTransitionInput!){disableTransition(input:$input){__typename ...on ExecutionRefused{code message}}}",
};

export type LookAtSourceResult = { readonly lookAtSource: ({ readonly __typename: 'LookRequested'; } | { readonly __typename: 'ExecutionRefused'; readonly code: string; readonly message: string; }); };
export type LookAtSourceVariables = { readonly input: LookAtSourceInput;};
export const LookAtSource: Operation<LookAtSourceResult, LookAtSourceVariables> = {
  kind: 'mutation',
  name: 'LookAtSource',
  text: "mutation LookAtSource($input:LookAtSourceInput!){lookAtSource(input:$input){__typename ...on ExecutionRefused{code message}}}",
};

export type CastVoteResult = { readonly castVote: ({ readonly __typename: 'VoteAccepted'; readonly approval: ApprovalState | null; } | { readonly __typename: 'ApprovalRefused'; readonly code: string; readonly message: string; }); };
export type CastVoteVariables = { readonly input: CastVoteInput;};
export const CastVote: Operation<CastVoteResult, CastVoteVariables> = {
  kind: 'mutation',
  name: 'CastVote',
  text: "mutation CastVote($input:CastVoteInput!){castVote(input:$input){__typename ...on VoteAccepted{approval{...ApprovalState}}...on ApprovalRefused{code message}}}fragment ApprovalState on Approval{id token status statusSince pipelineName executionId stage action customData externalEntityLink summaryRequired requestedAt expiresAt answer{result summary by{...ActorLine}at}withdrawnReason position execution{...ExecutionLine sourceRevisions{actionName revision{...Revision}commits{...CommitLine}}}}fragment ActorLine on Actor{kind id name onBehalfOf{kind id name}}fragment ExecutionLine on Execution{id pipelineId pipelineName pipelineVersion ordinal status statusSince summary startedAt finishedAt trigger{type detail}startedBy{...ActorLine}sourceRevisions{actionName revision{...Revision}}position}fragment Revision on RevisionInfo{revisionId summary url createdAt author}fragment CommitLine on Commit{id summary author committedAt}",
};

export type CreateTokenResult = { readonly createToken: ({ readonly __typename: 'TokenIssued'; readonly id: string; readonly secret: string | null; } | { readonly __typename: 'TokenRefused'; readonly code: string; readonly message: string; }); };
export type CreateTokenVariables = { readonly input: CreateTokenInput;};
export const CreateToken: Operation<CreateTokenResult, CreateTokenVariables> = {
  kind: 'mutation',
  name: 'CreateToken',
  text: "mutation CreateToken($input:CreateTokenInput!){createToken(input:$input){__typename ...on TokenIssued{id secret}...on TokenRefused{code message}}}",
};

export type RevokeTokenResult = { readonly revokeToken: ({ readonly __typename: 'TokenRevoked'; } | { readonly __typename: 'TokenRefused'; readonly code: string; readonly message: string; }); };
export type RevokeTokenVariables = { readonly input: RevokeTokenInput;};
export const RevokeToken: Operation<RevokeTokenResult, RevokeTokenVariables> = {
  kind: 'mutation',
  name: 'RevokeToken',
  text: "mutation RevokeToken($input:RevokeTokenInput!){revokeToken(input:$input){__typename ...on TokenRefused{code message}}}",
};

export type RebuildProjectionResult = { readonly rebuildProjection: ({ readonly __typename: 'ProjectionRebuilt'; readonly documents: number; readonly durationMs: number; } | { readonly __typename: 'PlatformRefused'; readonly code: string; readonly message: string; }); };
export type RebuildProjectionVariables = { readonly input: RebuildProjectionInput;};
export const RebuildProjection: Operation<RebuildProjectionResult, RebuildProjectionVariables> = {
  kind: 'mutation',
  name: 'RebuildProjection',
  text: "mutation RebuildProjection($input:RebuildProjectionInput!){rebuildProjection(input:$input){__typename ...on ProjectionRebuilt{documents durationMs}...on PlatformRefused{code message}}}",
};

export type RetryParkedResult = { readonly retryParked: ({ readonly __typename: 'ParkedSettled'; } | { readonly __typename: 'PlatformRefused'; readonly code: string; readonly message: string; }); };
export type RetryParkedVariables = { readonly input: ParkedInput;};
export const RetryParked: Operation<RetryParkedResult, RetryParkedVariables> = {
  kind: 'mutation',
  name: 'RetryParked',
  text: "mutation RetryParked($input:ParkedInput!){retryParked(input:$input){__typename ...on PlatformRefused{code message}}}",
};

export type DropParkedResult = { readonly dropParked: ({ readonly __typename: 'ParkedSettled'; } | { readonly __typename: 'PlatformRefused'; readonly code: string; readonly message: string; }); };
export type DropParkedVariables = { readonly input: ParkedInput;};
export const DropParked: Operation<DropParkedResult, DropParkedVariables> = {
  kind: 'mutation',
  name: 'DropParked',
  text: "mutation DropParked($input:ParkedInput!){dropParked(input:$input){__typename ...on PlatformRefused{code message}}}",
};
