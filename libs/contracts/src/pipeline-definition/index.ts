export {
  BUILT_IN_NAMESPACE,
  BUILT_IN_VARIABLES,
  DEFINITION_BYTES_MAX,
  NAME_LENGTH_MAX,
  NAME_PATTERN,
  PIPELINE_VARIABLES_NAMESPACE,
} from './declaration.js';
export type {
  ActionCategory,
  ActionDeclaration,
  ActionOwner,
  ActionTypeId,
  ArtifactStore,
  BlockerDeclaration,
  ConditionDeclaration,
  ConditionResult,
  EnvironmentVariable,
  ExecutionMode,
  FailureConditions,
  GitConfiguration,
  GitPatterns,
  GitPullRequestEvent,
  GitPullRequestFilter,
  GitPushFilter,
  InputArtifact,
  OutputArtifact,
  PipelineDeclaration,
  PipelineTriggerDeclaration,
  PipelineType,
  PipelineVariableDeclaration,
  RuleDeclaration,
  RuleTypeId,
  StageConditions,
  StageDeclaration,
  StageRetryMode,
  Tag,
} from './declaration.js';
export { resolveVariableReferences, variableReferences } from './variable-references.js';
export type { VariableReference } from './variable-references.js';
export { pipelineEventTypes } from './events.js';
export type { PipelineCreated, PipelineDeleted, PipelineEvent, PipelineUpdated } from './events.js';
export type { CreatePipeline, DeletePipeline, PipelineCommand, PipelineRefusal, UpdatePipeline } from './commands.js';
export { actionTypeName } from './action-type.js';
export type { ActionType, ActionTypeMember, ActionTypeProperty, ArtifactCount, PropertyCheck } from './action-type.js';
export { ACTION_TYPES, ALTERNATIVES, configuredValue, findActionType } from './action-types.js';
export { unavailableNeedsV2, whyUnavailable } from './unavailable-action-types.js';
export { RULE_TYPES, SKIP_RULE_PROVIDERS } from './rule-types.js';
export type { RuleType } from './rule-types.js';
