import {
  BUILT_IN_NAMESPACE,
  BUILT_IN_VARIABLES,
  findActionType,
  variableReferences,
  type PipelineDeclaration,
} from '@millrace/contracts/pipeline-definition';
import { actionTypeIdOf, actionsOf, type PlacedAction } from './draft.js';
import { didYouMean } from './nearest.js';
import { referringTexts } from './rules/variables.js';
import { member, shown } from './violation.js';

/** Something that an accepted definition's author should know. */
export interface Notice {
  readonly path: string;
  readonly message: string;
  readonly code: 'KEPT_WITHOUT_EFFECT' | 'UNKNOWN_VARIABLE';
}

/** What nobody will read to its end. */
const NOTICES_MAX = 200;

export function noticesOf(pipeline: PipelineDeclaration): readonly Notice[] {
  const notices = [
    ...keptMembers(pipeline),
    ...actionsOf(pipeline).flatMap(keptOfAction),
    ...unknownVariables(pipeline),
  ];
  return notices.slice(0, NOTICES_MAX);
}

function kept(path: string, why: string): Notice {
  return { path, code: 'KEPT_WITHOUT_EFFECT', message: `Kept, without effect: ${why}` };
}

function keptMembers(pipeline: PipelineDeclaration): readonly Notice[] {
  const notices: Notice[] = [];
  if (pipeline.roleArn !== undefined) notices.push(kept('roleArn', 'actions run with the rights of their runner.'));
  for (const name of ['artifactStore', 'artifactStores'] as const)
    if (pipeline[name] !== undefined) notices.push(kept(name, "artifacts are kept in this installation's own store."));
  return notices;
}

function keptOfAction(placed: PlacedAction): readonly Notice[] {
  const { action, at } = placed;
  const notices: Notice[] = [];
  if (action.roleArn !== undefined)
    notices.push(kept(`${at}.roleArn`, 'the action runs with the rights of its runner.'));
  if (action.region !== undefined) notices.push(kept(`${at}.region`, 'all actions run in one place.'));
  const id = actionTypeIdOf(placed);
  const ineffective = (id === undefined ? undefined : findActionType(id))?.properties.filter(
    ({ effective }) => !effective,
  );
  for (const { name } of ineffective ?? [])
    if (Object.hasOwn(action.configuration ?? {}, name))
      notices.push(kept(member(`${at}.configuration`, name), 'it means something in AWS only.'));
  return notices;
}

/** CodePipeline lets such an action fail when it starts; whoever writes the definition can know it now. */
function unknownVariables(pipeline: PipelineDeclaration): readonly Notice[] {
  const known = new Map<string, readonly string[]>([[BUILT_IN_NAMESPACE, BUILT_IN_VARIABLES]]);
  for (const placed of actionsOf(pipeline)) {
    const names = outputVariablesOf(placed);
    if (placed.action.namespace !== undefined && names !== undefined) known.set(placed.action.namespace, names);
  }
  return referringTexts(pipeline).flatMap(({ text, at }) =>
    variableReferences(text).references.flatMap(({ namespace, key, text: reference }) => {
      const names = known.get(namespace);
      if (names === undefined || names.includes(key)) return [];
      const hint = didYouMean(key, names) || (names.length === 0 ? ' It has none.' : ` It has: ${names.join(', ')}.`);
      const message = `There is no variable ${shown(reference)}, and the action will fail when it starts.${hint}`;
      return [{ path: at, code: 'UNKNOWN_VARIABLE' as const, message }];
    }),
  );
}

/** Undefined where only the run will tell. */
function outputVariablesOf(placed: PlacedAction): readonly string[] | undefined {
  const id = actionTypeIdOf(placed);
  const type = id === undefined ? undefined : findActionType(id);
  if (type === undefined) return undefined;
  if (type.outputVariables !== 'dynamic') return type.outputVariables;
  if (!type.members.includes('outputVariables')) return undefined;
  return (placed.action.outputVariables ?? []).flatMap((name) => name ?? []);
}
