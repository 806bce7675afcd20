import {
  ACTION_TYPES,
  ALTERNATIVES,
  actionTypeName,
  findActionType,
  whyUnavailable,
  type ActionType,
  type ActionTypeId,
  type ActionTypeMember,
} from '@millrace/contracts/pipeline-definition';
import {
  actionNeedsV2,
  actionTypeIdOf,
  actionsOf,
  called,
  pipelineTypeOf,
  type DraftPipeline,
  type PlacedAction,
} from '../draft.js';
import { didYouMean } from '../nearest.js';
import { element, shown, type Report } from '../violation.js';
import { checkConfiguration } from './configuration.js';
import { TO_V2 } from './stages.js';

export function checkActions(pipeline: DraftPipeline, report: Report): void {
  const isV1 = pipelineTypeOf(pipeline) === 'V1';
  for (const placed of actionsOf(pipeline)) {
    const id = actionTypeIdOf(placed);
    if (id === undefined) continue;
    if (isV1 && actionNeedsV2(placed))
      report.add(
        `${placed.at}.actionTypeId`,
        'InvalidActionDeclaration',
        `${id.provider} Action can only be used with V2 pipelines; ${TO_V2}.`,
      );
    checkRole(placed, id, report);
    const type = findActionType(id);
    if (type === undefined) {
      refuseType(placed, id, report);
    } else {
      checkMembers(placed, type, report);
      checkArtifactCounts(placed, type, report);
      checkConfiguration(placed, type, report);
    }
  }
}

function checkRole({ action, at }: PlacedAction, id: ActionTypeId, report: Report): void {
  if (action.roleArn !== undefined && id.owner !== 'AWS')
    report.add(
      `${at}.roleArn`,
      'InvalidActionDeclaration',
      `A role is for actions of the owner AWS only, not of ${id.owner}; remove it.`,
    );
}

function refuseType({ action, at }: PlacedAction, id: ActionTypeId, report: Report): void {
  const where = `${at}.actionTypeId`;
  const named = `ActionType (Category: '${id.category}', Provider: '${shown(id.provider)}', Owner: '${id.owner}', Version: '${shown(id.version)}')`;
  const instead = `Use ${ALTERNATIVES[id.category]} instead.`;
  const why = whyUnavailable(id);
  if (id.owner === 'Custom' || id.owner === 'ThirdParty')
    report.add(
      where,
      'NOT_YET_SUPPORTED',
      `${named} of ${called(action)}: this release does not run ${id.owner} actions yet. ${instead}`,
    );
  else if (why === 'later')
    report.add(
      where,
      'NOT_YET_SUPPORTED',
      `${named} of ${called(action)}: this release does not have it yet. ${instead}`,
    );
  else if (why === 'only-in-aws')
    report.add(
      where,
      'InvalidActionDeclaration',
      `${named} of ${called(action)} exists in AWS CodePipeline but not in this installation. ${instead}`,
    );
  else
    report.add(
      where,
      'InvalidActionDeclaration',
      () => `There is no ${named}, given for ${called(action)}.${meant(id)}`,
    );
}

function meant(id: ActionTypeId): string {
  const names = ACTION_TYPES.map((type) => actionTypeName(type.id));
  const sameProvider = ACTION_TYPES.filter((type) => type.id.provider === id.provider).map((type) =>
    actionTypeName(type.id),
  );
  if (sameProvider.length > 0) return ` Did you mean ${sameProvider.join(' or ')}?`;
  return didYouMean(actionTypeName(id), names) || ` Use ${ALTERNATIVES[id.category]}.`;
}

/** The members that only some types have, and how each is told from absent. */
const SPECIAL_MEMBERS: readonly Exclude<ActionTypeMember, 'outputArtifacts.files'>[] = [
  'commands',
  'environmentVariables',
  'outputVariables',
  'timeoutInMinutes',
];

function checkMembers(placed: PlacedAction, type: ActionType, report: Report): void {
  const { action, at } = placed;
  for (const member of SPECIAL_MEMBERS) {
    if (action[member] === undefined || type.members.includes(member)) continue;
    const only = member === 'timeoutInMinutes' ? 'manual approvals' : 'Commands actions';
    report.add(
      `${at}.${member}`,
      'InvalidActionDeclaration',
      `${called(action)} is of the type ${actionTypeName(type.id)}; ${member} is for ${only} only. Remove it.`,
    );
  }
  if (type.members.includes('commands') && (action.commands ?? []).length === 0)
    report.add(
      `${at}.commands`,
      'InvalidActionDeclaration',
      `${called(action)} must have a non-empty commands field: a list of shell lines.`,
    );
  if (!type.members.includes('outputArtifacts.files')) refuseFiles(placed, type, report);
}

function refuseFiles({ action, at }: PlacedAction, type: ActionType, report: Report): void {
  for (const [index, artifact] of (action.outputArtifacts ?? []).entries())
    if (artifact?.files !== undefined)
      report.add(
        `${element(`${at}.outputArtifacts`, index)}.files`,
        'InvalidActionDeclaration',
        `${called(action)} is of the type ${actionTypeName(type.id)}; files are chosen in Commands actions only. Remove them.`,
      );
}

function checkArtifactCounts({ action, at }: PlacedAction, type: ActionType, report: Report): void {
  for (const side of ['inputArtifacts', 'outputArtifacts'] as const) {
    const declared = action[side]?.length ?? 0;
    const { min, max } = type[side];
    const kind = side === 'inputArtifacts' ? 'input' : 'output';
    if (declared < min)
      report.add(
        `${at}.${side}`,
        'InvalidActionDeclaration',
        `${called(action)} declares ${declared} ${kind} artifacts which is less than the minimum count (${min}) of ${actionTypeName(type.id)}.`,
      );
    else if (declared > max)
      report.add(
        `${at}.${side}`,
        'InvalidActionDeclaration',
        `${called(action)} declares ${declared} ${kind} artifacts which is more than the maximum count (${max}) of ${actionTypeName(type.id)}.`,
      );
  }
}
