import { actionTypeName, type ActionType, type ActionTypeProperty, type PropertyCheck } from './action-type.js';
import type { ActionCategory, ActionTypeId } from './declaration.js';

const TRUE_OR_FALSE: PropertyCheck = { kind: 'oneOf', values: ['true', 'false'] };

/** No control characters, not an option of a program. */
const PLAIN_TEXT = '(?!-)[^\\u0000-\\u001f\\u007f]+';

/** A path that stays inside the artifact. */
const INNER_PATH: PropertyCheck = {
  kind: 'pattern',
  pattern: '(?![-/])(?!(?:.*/)?\\.\\.(?:/|$))[^\\u0000-\\u001f\\u007f\\\\]+',
  expected: 'a relative path inside the artifact, with /, without ".."',
};

/** What git can reach without a helper (`ext::…`), and without a password, which would be recorded for ever. */
const REPOSITORY_URL: PropertyCheck = {
  kind: 'pattern',
  pattern:
    '(?!-)(?![A-Za-z0-9+.\\-]*::)(?!https?://[^/]*@)(?![a-z]+://[^/@]*:[^/]*@)(?:(?:https?|ssh|git|file)://|(?![A-Za-z][A-Za-z0-9+.\\-]*://))[^\\u0000-\\u001f\\u007f]+',
  expected:
    'an absolute path, an https://, http://, ssh://, git:// or file:// URL, or user@host:path, without user and password for http(s): the runner signs in with its own git credentials',
};

/** `git check-ref-format --branch`, less what could be read as an option. */
const BRANCH_NAME: PropertyCheck = {
  kind: 'pattern',
  pattern:
    '(?![-/.])(?!.*(?:\\.\\.|//|@\\{|/\\.|\\.lock(?:/|$)))[^\\u0000-\\u0020\\u007f~^:?*\\[\\\\]*[^\\u0000-\\u0020\\u007f~^:?*\\[\\\\/.]',
  expected: "a branch's name as git allows it, without refs/heads/",
};

const LABELS_CHECK: PropertyCheck = {
  kind: 'pattern',
  pattern: '[A-Za-z0-9._\\-]{1,64}(?:,[A-Za-z0-9._\\-]{1,64}){0,15}',
  expected: '1 to 16 labels of letters, digits, ".", "_" and "-", separated by commas without blanks',
};

type Options = Partial<Pick<ActionTypeProperty, 'type' | 'required' | 'default' | 'check'>>;

function property(name: string, description: string, options: Options = {}): ActionTypeProperty {
  return { name, description, type: 'String', required: false, secret: false, effective: true, ...options };
}

function flag(name: string, description: string, byDefault: 'true' | 'false'): ActionTypeProperty {
  return property(name, description, { type: 'Boolean', default: byDefault, check: TRUE_OR_FALSE });
}

function number(
  name: string,
  description: string,
  range: { min: number; max: number; default: string },
): ActionTypeProperty {
  const { min, max, default: byDefault } = range;
  return property(name, description, { type: 'Number', default: byDefault, check: { kind: 'integer', min, max } });
}

/** A key of CodePipeline's that has nothing to act on here. Its values are not checked, as CodePipeline doesn't. */
function kept(name: string, description: string): ActionTypeProperty {
  return { ...property(name, description), effective: false };
}

const LABELS = property('Labels', 'Only a runner with all of these labels takes the job.', { check: LABELS_CHECK });

const git: ActionType = {
  id: { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' },
  description: 'Watches a branch of any Git repository and hands its tree to the pipeline.',
  inputArtifacts: { min: 0, max: 0 },
  outputArtifacts: { min: 1, max: 1 },
  properties: [
    property('RepositoryUrl', 'Where the repository is: a path on the runner, https, ssh.', {
      required: true,
      check: REPOSITORY_URL,
    }),
    property('BranchName', 'The branch that is watched and released.', { default: 'main', check: BRANCH_NAME }),
    flag('PollForSourceChanges', 'Whether the branch is looked at regularly; "false": only on demand.', 'true'),
    number('PollIntervalSeconds', 'Seconds between two looks.', { min: 1, max: 3600, default: '30' }),
    property('OutputArtifactFormat', 'CODE_ZIP: the files of the commit; FULL_CLONE: with .git and its history.', {
      default: 'CODE_ZIP',
      check: { kind: 'oneOf', values: ['CODE_ZIP', 'FULL_CLONE'] },
    }),
    LABELS,
  ],
  members: [],
  outputVariables: ['CommitId', 'AuthorDate', 'CommitterDate', 'CommitMessage', 'BranchName', 'RepositoryName'],
  timeoutMinutes: 60,
  work: 'job',
  needsV2: false,
};

function buildspec(category: 'Build' | 'Test', timeoutMinutes: number): ActionType {
  return {
    id: { category, owner: 'Millrace', provider: 'Buildspec', version: '1' },
    description: 'Runs the phases of a buildspec.yml on a runner.',
    inputArtifacts: { min: 1, max: 5 },
    outputArtifacts: { min: 0, max: 5 },
    properties: [
      property('Buildspec', 'Path of the buildspec in the primary input artifact.', {
        default: 'buildspec.yml',
        check: INNER_PATH,
      }),
      property('BuildspecOverride', 'A whole buildspec as YAML text, used instead of the file.'),
      property('PrimarySource', 'The input artifact that is the working directory; needed with several.', {
        check: { kind: 'inputArtifact' },
      }),
      property('EnvironmentVariables', 'A JSON array of {"name", "value", "type"}; wins over the buildspec.', {
        check: { kind: 'environmentVariables' },
      }),
      LABELS,
    ],
    members: [],
    outputVariables: 'dynamic',
    timeoutMinutes,
    work: 'job',
    needsV2: false,
  };
}

function commands(category: 'Compute' | 'Build' | 'Test'): ActionType {
  return {
    id: { category, owner: 'AWS', provider: 'Commands', version: '1' },
    description: 'Runs the lines of `commands` in one shell on a runner.',
    inputArtifacts: { min: 0, max: 10 },
    outputArtifacts: { min: 0, max: 1 },
    properties: [
      kept('EnvironmentType', 'Kept without effect: commands run in the environment of the runner.'),
      kept('ComputeType', 'Kept without effect: commands run on the runner as it is.'),
      kept('VpcId', 'Kept without effect: a runner is where it is.'),
      kept('Subnets', 'Kept without effect: a runner is where it is.'),
      kept('SecurityGroupIds', 'Kept without effect: a runner is where it is.'),
    ],
    members: ['commands', 'environmentVariables', 'outputVariables', 'outputArtifacts.files'],
    outputVariables: 'dynamic',
    timeoutMinutes: 55,
    work: 'job',
    needsV2: true,
  };
}

const manual: ActionType = {
  id: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
  description: 'Waits until a person approves or rejects.',
  inputArtifacts: { min: 0, max: 0 },
  outputArtifacts: { min: 0, max: 0 },
  properties: [
    { ...kept('NotificationArn', 'Kept without effect: there is no SNS here.'), check: { kind: 'topicArn' } },
    property('ExternalEntityLink', 'A link for the reviewers.'),
    property('CustomData', 'A text for the reviewers.'),
    property('IsSummaryRequired', '"true": an answer needs a summary.', { type: 'Boolean', default: 'false' }),
  ],
  members: ['timeoutInMinutes'],
  outputVariables: [],
  timeoutMinutes: 10_080,
  work: 'approval',
  needsV2: false,
};

const files: ActionType = {
  id: { category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' },
  description: "Releases an artifact into a directory of the runner's machine: unpacked beside, then switched to.",
  inputArtifacts: { min: 1, max: 1 },
  outputArtifacts: { min: 0, max: 0 },
  properties: [
    property('TargetDirectory', "The directory of the releases, on the runner's machine.", {
      required: true,
      check: { kind: 'pattern', pattern: PLAIN_TEXT, expected: 'a path without control characters' },
    }),
    number('KeepReleases', 'How many releases stay there, the current one included.', {
      min: 1,
      max: 100,
      default: '5',
    }),
    property('AppSpec', 'Path of the file with the hooks, in the artifact; may be missing there.', {
      default: 'appspec.yml',
      check: INNER_PATH,
    }),
    flag('Extract', '"true": unpack the artifact; "false": release it as one ZIP file.', 'true'),
    LABELS,
  ],
  members: [],
  outputVariables: [],
  timeoutMinutes: 60,
  work: 'job',
  needsV2: false,
};

/** Everything that an action can be in this release. */
export const ACTION_TYPES: readonly ActionType[] = [
  git,
  buildspec('Build', 2160),
  buildspec('Test', 480),
  commands('Compute'),
  commands('Build'),
  commands('Test'),
  manual,
  files,
];

const byName = new Map(ACTION_TYPES.map((type) => [actionTypeName(type.id), type]));

/** Undefined: there is no such type here. */
export function findActionType(id: ActionTypeId): ActionType | undefined {
  return byName.get(actionTypeName(id));
}

/** The value that holds where a configuration is silent: the configured one, else the type's default, else undefined. */
export function configuredValue(
  type: ActionType,
  configuration: Readonly<Record<string, string>>,
  key: string,
): string | undefined {
  if (Object.hasOwn(configuration, key)) return configuration[key];
  return type.properties.find(({ name }) => name === key)?.default;
}

/** What takes the place of CodePipeline's types that are not here, by category. */
export const ALTERNATIVES: Readonly<Record<ActionCategory, string>> = {
  Source: 'Source/Millrace/Git/1',
  Build: 'Build/Millrace/Buildspec/1 or Build/AWS/Commands/1',
  Test: 'Test/Millrace/Buildspec/1 or Test/AWS/Commands/1',
  Deploy: 'Deploy/Millrace/Files/1, or Compute/AWS/Commands/1 with the commands that deploy',
  Approval: 'Approval/AWS/Manual/1',
  Invoke: 'Compute/AWS/Commands/1 with the command that calls it',
  Compute: 'Compute/AWS/Commands/1',
};
