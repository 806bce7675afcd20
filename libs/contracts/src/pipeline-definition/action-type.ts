import type { ActionTypeId } from './declaration.js';

/** What can be put into a pipeline here: one entry of the catalogue that clients and the validation read. */
export interface ActionType {
  readonly id: ActionTypeId;
  /** One sentence for people. */
  readonly description: string;
  readonly inputArtifacts: ArtifactCount;
  readonly outputArtifacts: ArtifactCount;
  /** The keys that `configuration` may hold; any other is refused. */
  readonly properties: readonly ActionTypeProperty[];
  /** Members of an action that only some types may carry. */
  readonly members: readonly ActionTypeMember[];
  /** Names of the output variables, or `dynamic` where the action itself decides (exported variables). */
  readonly outputVariables: readonly string[] | 'dynamic';
  /** An attempt that takes longer fails. An approval may set its own with `timeoutInMinutes`. */
  readonly timeoutMinutes: number;
  /** `job`: a runner leases it; `approval`: it waits for a person. */
  readonly work: 'job' | 'approval';
  /** CodePipeline has this type in V2 pipelines only. */
  readonly needsV2: boolean;
}

export type ActionTypeMember =
  'commands' | 'environmentVariables' | 'outputVariables' | 'outputArtifacts.files' | 'timeoutInMinutes';

export interface ArtifactCount {
  readonly min: number;
  readonly max: number;
}

/** One configuration key. Values are always text; `type` says what the text must read as. */
export interface ActionTypeProperty {
  readonly name: string;
  readonly description: string;
  readonly type: 'String' | 'Number' | 'Boolean';
  readonly required: boolean;
  /** Hidden in every read. */
  readonly secret: boolean;
  /** What holds where the key is absent. */
  readonly default?: string;
  /** What a value must be; a value with a reference `#{…}` is checked when the action starts. */
  readonly check?: PropertyCheck;
  /** False: kept and returned for CodePipeline's sake, and ignored. */
  readonly effective: boolean;
}

export type PropertyCheck =
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  /** `pattern` matches the whole value; `expected` ends the sentence "… must be". */
  | { readonly kind: 'pattern'; readonly pattern: string; readonly expected: string }
  /** The name of one of the action's input artifacts; needed when there are several. */
  | { readonly kind: 'inputArtifact' }
  /** A JSON array of `{ "name", "value", "type" }`. */
  | { readonly kind: 'environmentVariables' }
  /** The ARN of an SNS topic. */
  | { readonly kind: 'topicArn' };

/** `Source/Millrace/Git/1`: how an action type is named in messages, logs and on the runner. */
export function actionTypeName(id: ActionTypeId): string {
  return `${id.category}/${id.owner}/${id.provider}/${id.version}`;
}
