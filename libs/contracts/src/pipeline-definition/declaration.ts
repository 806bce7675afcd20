/**
 * A pipeline as CodePipeline's JSON has it, whole, in its normalised form: what a release adds by itself (runOrder, empty lists,
 * mode and type) is present, what nobody gave is absent. The pipeline definition context checks and normalises; everybody else reads.
 * Nothing here mentions what this release can't run yet: the shape is CodePipeline's, the refusals are the service's.
 */
export interface PipelineDeclaration {
  /** 1..100 of {@link NAME_PATTERN}; unique in the project; never changes. */
  readonly name: string;
  /** Kept and returned, without effect here (docs/decisions/0026). */
  readonly roleArn?: string;
  /** Kept and returned, without effect here. Never beside `artifactStores`. */
  readonly artifactStore?: ArtifactStore;
  /** By Region. Kept and returned, without effect here. */
  readonly artifactStores?: Readonly<Record<string, ArtifactStore>>;
  /** 2..50, in their order; the first holds the source actions and nothing else. */
  readonly stages: readonly StageDeclaration[];
  readonly executionMode: ExecutionMode;
  readonly pipelineType: PipelineType;
  /** 0..50; an empty list and an absent one are told apart, as CodePipeline does. */
  readonly variables?: readonly PipelineVariableDeclaration[];
  /** 0..50. */
  readonly triggers?: readonly PipelineTriggerDeclaration[];
  /**
   * Assigned by the platform, from 1. Shown to clients; in events it stands beside the declaration and never inside it.
   * One sent by a client is ignored.
   */
  readonly version?: number;
}

export type ExecutionMode = 'SUPERSEDED' | 'QUEUED' | 'PARALLEL';
export type PipelineType = 'V1' | 'V2';

export interface ArtifactStore {
  readonly type: 'S3';
  /** Bucket name, 3..63. */
  readonly location: string;
  readonly encryptionKey?: { readonly id: string; readonly type: 'KMS' };
}

export interface StageDeclaration {
  /** 1..100 of {@link NAME_PATTERN}; unique in the pipeline. */
  readonly name: string;
  /** 1..50; their order is for display, `runOrder` decides. */
  readonly actions: readonly ActionDeclaration[];
  readonly blockers?: readonly BlockerDeclaration[];
  readonly beforeEntry?: StageConditions;
  readonly onSuccess?: StageConditions;
  readonly onFailure?: FailureConditions;
}

/** Reserved by CodePipeline, without function there too. */
export interface BlockerDeclaration {
  readonly name: string;
  readonly type: 'Schedule';
}

export interface StageConditions {
  /** Exactly one. */
  readonly conditions: readonly ConditionDeclaration[];
}

export interface FailureConditions {
  readonly result?: ConditionResult;
  readonly retryConfiguration?: { readonly retryMode?: StageRetryMode };
  /** Exactly one, where given. */
  readonly conditions?: readonly ConditionDeclaration[];
}

export type ConditionResult = 'FAIL' | 'SKIP' | 'ROLLBACK' | 'RETRY';
export type StageRetryMode = 'FAILED_ACTIONS' | 'ALL_ACTIONS';

export interface ConditionDeclaration {
  readonly result?: ConditionResult;
  /** 1..5. */
  readonly rules: readonly RuleDeclaration[];
}

export interface RuleDeclaration {
  readonly name: string;
  readonly ruleTypeId: RuleTypeId;
  readonly configuration?: Readonly<Record<string, string>>;
  readonly commands?: readonly string[];
  readonly inputArtifacts?: readonly InputArtifact[];
  readonly roleArn?: string;
  readonly region?: string;
  /** 5..86400. */
  readonly timeoutInMinutes?: number;
}

export interface RuleTypeId {
  readonly category: 'Rule';
  readonly owner?: 'AWS';
  readonly provider: string;
  readonly version?: string;
}

export interface ActionDeclaration {
  /** 1..100 of {@link NAME_PATTERN}; unique in the stage. */
  readonly name: string;
  readonly actionTypeId: ActionTypeId;
  /** 1..999; equal ones run in parallel, a higher one starts when all lower ones have succeeded. */
  readonly runOrder: number;
  /** Text to text; a value may hold references `#{namespace.key}`, resolved just before the action starts. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Commands actions: one shell line each. */
  readonly commands?: readonly string[];
  /** Commands actions; a value may hold references. */
  readonly environmentVariables?: readonly EnvironmentVariable[];
  /** Commands actions: the environment variables that become output variables. */
  readonly outputVariables?: readonly string[];
  readonly inputArtifacts: readonly InputArtifact[];
  readonly outputArtifacts: readonly OutputArtifact[];
  /** Kept and returned, without effect here. */
  readonly roleArn?: string;
  /** Kept and returned; all actions of a pipeline run in one place for now. */
  readonly region?: string;
  /** Without it the action's output variables can't be referred to. */
  readonly namespace?: string;
  /** 5..86400; manual approvals only. */
  readonly timeoutInMinutes?: number;
}

export type ActionCategory = 'Source' | 'Build' | 'Test' | 'Deploy' | 'Approval' | 'Invoke' | 'Compute';
export type ActionOwner = 'AWS' | 'Millrace' | 'ThirdParty' | 'Custom';

export interface ActionTypeId {
  readonly category: ActionCategory;
  readonly owner: ActionOwner;
  readonly provider: string;
  /** `"1"` for everything built in. */
  readonly version: string;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  /** Default `PLAINTEXT`. */
  readonly type?: 'PLAINTEXT' | 'SECRETS_MANAGER';
}

export interface InputArtifact {
  readonly name: string;
}

export interface OutputArtifact {
  readonly name: string;
  /** Commands actions: 1..10 glob patterns of what the artifact holds. */
  readonly files?: readonly string[];
}

export interface PipelineVariableDeclaration {
  readonly name: string;
  /** Absent: a value is required at each start. */
  readonly defaultValue?: string;
  readonly description?: string;
}

export interface PipelineTriggerDeclaration {
  readonly providerType: 'CodeStarSourceConnection';
  readonly gitConfiguration: GitConfiguration;
}

export interface GitConfiguration {
  /** One trigger a source action. */
  readonly sourceActionName: string;
  /** 1..3. */
  readonly push?: readonly GitPushFilter[];
  /** 1..3. */
  readonly pullRequest?: readonly GitPullRequestFilter[];
}

export interface GitPushFilter {
  readonly tags?: GitPatterns;
  readonly branches?: GitPatterns;
  readonly filePaths?: GitPatterns;
}

export interface GitPullRequestFilter {
  /** Absent: all. */
  readonly events?: readonly GitPullRequestEvent[];
  readonly branches?: GitPatterns;
  readonly filePaths?: GitPatterns;
}

export type GitPullRequestEvent = 'OPEN' | 'UPDATED' | 'CLOSED';

/** Lists of 1..8 glob patterns of 1..255 characters. */
export interface GitPatterns {
  readonly includes?: readonly string[];
  readonly excludes?: readonly string[];
}

/** A label of a pipeline: key 1..128, value 0..256; at most 50. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Pipelines, stages, actions, rules; the whole value. */
export const NAME_PATTERN = '[A-Za-z0-9.@\\-_]+';
export const NAME_LENGTH_MAX = 100;

/** UTF-8 bytes of a declaration as JSON; larger ones are refused (docs/decisions/0005). */
export const DEFINITION_BYTES_MAX = 512 * 1024;

/** What an action may always refer to: `#{codepipeline.PipelineExecutionId}`. */
export const BUILT_IN_NAMESPACE = 'codepipeline';
export const BUILT_IN_VARIABLES = ['PipelineExecutionId'] as const;
/** The namespace of the pipeline's own variables, where it declares any. */
export const PIPELINE_VARIABLES_NAMESPACE = 'variables';
