import {
  NAME_LENGTH_MAX,
  NAME_PATTERN,
  type ActionDeclaration,
  type ActionTypeId,
  type ArtifactStore,
  type ConditionDeclaration,
  type EnvironmentVariable,
  type FailureConditions,
  type GitConfiguration,
  type GitPatterns,
  type InputArtifact,
  type OutputArtifact,
  type PipelineDeclaration,
  type PipelineVariableDeclaration,
  type RuleDeclaration,
  type StageConditions,
  type StageDeclaration,
} from '@millrace/contracts/pipeline-definition';
import { integer, list, object, oneOf, optional, record, required, text } from './shape.js';

// CodePipeline's model of each member: reference of the pipeline structure, section 1. Rules that need more than one member
// stand in ../rules.

const name = text({
  max: NAME_LENGTH_MAX,
  pattern: NAME_PATTERN,
  expected: 'made of letters, digits, ".", "@", "-" and "_"',
});
const artifactName = text({ max: 100, pattern: '[a-zA-Z0-9_\\-]+', expected: 'made of letters, digits, "_" and "-"' });
const variableName = text({
  max: 128,
  pattern: '[A-Za-z0-9@\\-_]+',
  expected: 'made of letters, digits, "@", "-" and "_"',
});
const namespace = text({
  max: 100,
  pattern: '[A-Za-z0-9@\\-_]+',
  expected: 'made of letters, digits, "@", "-" and "_"',
});
const identifier = { pattern: '[0-9A-Za-z_\\-]+', expected: 'made of letters, digits, "_" and "-"' };
const roleArn = text({
  max: 1024,
  pattern: 'arn:aws(?:-\\w+)*:iam::[0-9]{12}:role/.*',
  expected: 'the ARN of an IAM role, or be left out',
});
const region = text({
  min: 4,
  max: 30,
  pattern: '[a-z0-9\\-]{4,30}',
  expected: 'the name of a Region, such as eu-west-1',
});
const timeoutInMinutes = integer({ min: 5, max: 86_400 });

/** One line of a shell: several would be several commands, each with its own exit code. */
const command = text({
  max: 1000,
  pattern: '[^\\r\\n]*',
  expected: 'one line; write further lines as further entries',
});

/** CodePipeline publishes 1,000 and admits 50,000, which whole buildspecs need. */
const CONFIGURATION_VALUE_MAX = 50_000;

const artifactStore = object<ArtifactStore>({
  type: required(oneOf('S3')),
  location: required(
    text({
      min: 3,
      max: 63,
      pattern: '[a-zA-Z0-9\\-.]{3,63}',
      expected: 'a bucket name of 3 to 63 letters, digits, "-" and "."',
    }),
  ),
  encryptionKey: optional(object({ id: required(text({ max: 400 })), type: required(oneOf('KMS')) })),
});

const inputArtifact = object<InputArtifact>({ name: required(artifactName) });

const outputArtifact = object<OutputArtifact>({
  name: required(artifactName),
  files: optional(list(text({ max: 128 }), { min: 1, max: 10 })),
});

const environmentVariable = object<EnvironmentVariable>({
  name: required(text({ max: 128, pattern: '[A-Za-z0-9_]+', expected: 'made of letters, digits and "_"' })),
  value: required(text({ max: 2000 })),
  type: optional(oneOf('PLAINTEXT', 'SECRETS_MANAGER')),
});

const actionTypeId = object<ActionTypeId>(
  {
    category: required(oneOf('Source', 'Build', 'Test', 'Deploy', 'Approval', 'Invoke', 'Compute')),
    owner: required(oneOf('AWS', 'Millrace', 'ThirdParty', 'Custom')),
    provider: required(text({ max: 35, ...identifier })),
    version: required(text({ max: 9, ...identifier })),
  },
  // CodePipeline's answers carry it, and what an answer prints can be sent back.
  ['__type'],
);

const action = object<ActionDeclaration>({
  name: required(name),
  actionTypeId: required(actionTypeId),
  runOrder: optional(integer({ min: 1, max: 999 })),
  configuration: optional(record({ max: 50 }, text({ max: CONFIGURATION_VALUE_MAX }))),
  commands: optional(list(command, { max: 50 })),
  environmentVariables: optional(list(environmentVariable, { min: 1, max: 10 })),
  outputVariables: optional(list(text({ max: 128 }), { min: 1, max: 15 })),
  inputArtifacts: optional(list(inputArtifact)),
  outputArtifacts: optional(list(outputArtifact)),
  roleArn: optional(roleArn),
  region: optional(region),
  namespace: optional(namespace),
  timeoutInMinutes: optional(timeoutInMinutes),
});

const rule = object<RuleDeclaration>({
  name: required(name),
  ruleTypeId: required(
    object({
      category: required(oneOf('Rule')),
      owner: optional(oneOf('AWS')),
      provider: required(text({ max: 35, ...identifier })),
      version: optional(text({ max: 9, ...identifier })),
    }),
  ),
  configuration: optional(record({ max: 50 }, text({ max: 10_000 }), { max: 200 })),
  commands: optional(list(command, { min: 1, max: 50 })),
  inputArtifacts: optional(list(inputArtifact)),
  roleArn: optional(roleArn),
  region: optional(region),
  timeoutInMinutes: optional(timeoutInMinutes),
});

const condition = object<ConditionDeclaration>({
  result: optional(oneOf('FAIL', 'SKIP', 'ROLLBACK', 'RETRY')),
  rules: required(list(rule, { min: 1, max: 5 })),
});

const conditions = list(condition, { min: 1, max: 1 });

const gate = object<StageConditions>({ conditions: required(conditions) });

const failureGate = object<FailureConditions>({
  result: optional(oneOf('FAIL', 'SKIP', 'ROLLBACK', 'RETRY')),
  retryConfiguration: optional(object({ retryMode: optional(oneOf('FAILED_ACTIONS', 'ALL_ACTIONS')) })),
  conditions: optional(conditions),
});

const stage = object<StageDeclaration>({
  name: required(name),
  actions: required(list(action)),
  blockers: optional(list(object({ name: required(name), type: required(oneOf('Schedule')) }))),
  beforeEntry: optional(gate),
  onSuccess: optional(gate),
  onFailure: optional(failureGate),
});

const variable = object<PipelineVariableDeclaration>({
  name: required(variableName),
  defaultValue: optional(text({ max: 1000 })),
  description: optional(text({ min: 0, max: 200 })),
});

const globs = list(text({ max: 255 }), { min: 1, max: 8 });
const patterns = optional(object<GitPatterns>({ includes: optional(globs), excludes: optional(globs) }));

const gitConfiguration = object<GitConfiguration>({
  sourceActionName: required(name),
  push: optional(list(object({ tags: patterns, branches: patterns, filePaths: patterns }), { min: 1, max: 3 })),
  pullRequest: optional(
    list(
      object({
        events: optional(list(oneOf('OPEN', 'UPDATED', 'CLOSED'), { min: 1, max: 3 })),
        branches: patterns,
        filePaths: patterns,
      }),
      { min: 1, max: 3 },
    ),
  ),
});

export const declarationShape = object<PipelineDeclaration>({
  name: required(name),
  roleArn: optional(roleArn),
  artifactStore: optional(artifactStore),
  artifactStores: optional(
    record(
      { min: 4, max: 30, pattern: '[a-z0-9\\-]{4,30}', expected: 'the name of a Region, such as eu-west-1' },
      artifactStore,
      { min: 1 },
    ),
  ),
  stages: required(list(stage)),
  executionMode: optional(oneOf('SUPERSEDED', 'QUEUED', 'PARALLEL')),
  pipelineType: optional(oneOf('V1', 'V2')),
  variables: optional(list(variable, { max: 50 })),
  triggers: optional(
    list(
      object({
        providerType: required(oneOf('CodeStarSourceConnection')),
        gitConfiguration: required(gitConfiguration),
      }),
      {
        max: 50,
      },
    ),
  ),
  version: optional(integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
});
