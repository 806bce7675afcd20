/** A rule provider of CodePipeline's conditions: category `Rule`, owner `AWS`, version `1`. No release runs them yet; definitions are checked against them. */
export interface RuleType {
  readonly provider: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** The member `commands` is needed; every other type refuses it. */
  readonly needsCommands: boolean;
}

export const RULE_TYPES: readonly RuleType[] = [
  { provider: 'CloudWatchAlarm', required: ['AlarmName'], optional: ['AlarmStates', 'WaitTime'], needsCommands: false },
  {
    provider: 'CodeBuild',
    required: ['ProjectName'],
    optional: ['PrimarySource', 'BatchEnabled', 'CombineArtifacts', 'EnvironmentVariables'],
    needsCommands: false,
  },
  { provider: 'Commands', required: [], optional: [], needsCommands: true },
  { provider: 'DeploymentWindow', required: ['Cron'], optional: ['TimeZone'], needsCommands: false },
  { provider: 'LambdaInvoke', required: ['FunctionName'], optional: ['UserParameters'], needsCommands: false },
  { provider: 'VariableCheck', required: ['Variable', 'Operator', 'Value'], optional: [], needsCommands: false },
];

/** The only rules that an entry condition with the result SKIP may have. */
export const SKIP_RULE_PROVIDERS: readonly string[] = ['LambdaInvoke', 'VariableCheck'];
