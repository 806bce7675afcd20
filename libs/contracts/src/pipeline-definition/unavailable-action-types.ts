import type { ActionTypeId } from './declaration.js';

/** `category/owner/provider` of what AWS CodePipeline has built in or from partners, and this installation has not. */
const AWS_CODEPIPELINE = new Set([
  ...['CodeCommit', 'CodeStarSourceConnection', 'ECR', 'S3'].map((provider) => `Source/AWS/${provider}`),
  'Source/ThirdParty/GitHub',
  ...['CodeBuild', 'ECRBuildAndPublish'].map((provider) => `Build/AWS/${provider}`),
  ...['CloudBees', 'TeamCity'].map((provider) => `Build/ThirdParty/${provider}`),
  ...['CodeBuild', 'DeviceFarm'].map((provider) => `Test/AWS/${provider}`),
  ...['BlazeMeter', 'GhostInspector', 'Nouvola', 'Reflect', 'Runscope', 'StormRunnerLoad'].map(
    (provider) => `Test/ThirdParty/${provider}`,
  ),
  ...[
    'AppConfig',
    'CloudFormation',
    'CloudFormationStackInstances',
    'CloudFormationStackSet',
    'CodeDeploy',
    'CodeDeployToECS',
    'EC2',
    'ECS',
    'EKS',
    'ElasticBeanstalk',
    'Lambda',
    'OpsWorks',
    'S3',
    'ServiceCatalog',
  ].map((provider) => `Deploy/AWS/${provider}`),
  ...['AlexaSkillsKit', 'XebiaLabs'].map((provider) => `Deploy/ThirdParty/${provider}`),
  ...['CodePipeline', 'InspectorScan', 'Lambda', 'StepFunctions'].map((provider) => `Invoke/AWS/${provider}`),
  'Invoke/ThirdParty/Snyk',
]);

/** Of Millrace's own, what later releases bring. */
const LATER = new Set([
  'Build/Millrace/Container',
  'Test/Millrace/Container',
  'Deploy/Millrace/Ssh',
  'Invoke/Millrace/Http',
]);

/** Those that CodePipeline has in V2 pipelines only. */
const V2_ONLY = new Set([
  'Build/AWS/ECRBuildAndPublish',
  'Deploy/AWS/EC2',
  'Deploy/AWS/EKS',
  'Deploy/AWS/Lambda',
  'Invoke/AWS/CodePipeline',
]);

/**
 * Why a type that the catalogue lacks is not there. `unknown`: nobody has it, so it is a slip.
 * For those whose owner is `Custom` there is no list: CodePipeline lets each account define its own.
 */
export function whyUnavailable(id: ActionTypeId): 'only-in-aws' | 'later' | 'unknown' {
  const key = `${id.category}/${id.owner}/${id.provider}`;
  if (AWS_CODEPIPELINE.has(key)) return 'only-in-aws';
  return LATER.has(key) ? 'later' : 'unknown';
}

/** For types that are not in the catalogue; those in it say so themselves. */
export function unavailableNeedsV2(id: ActionTypeId): boolean {
  return V2_ONLY.has(`${id.category}/${id.owner}/${id.provider}`);
}
