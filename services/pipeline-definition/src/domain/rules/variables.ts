import {
  BUILT_IN_NAMESPACE,
  PIPELINE_VARIABLES_NAMESPACE,
  variableReferences,
  type VariableReference,
} from '@millrace/contracts/pipeline-definition';
import {
  actionsOf,
  called,
  categoryOf,
  isBefore,
  stagesOf,
  type DraftPipeline,
  type Moment,
  type PlacedAction,
} from '../draft.js';
import { didYouMean } from '../nearest.js';
import { element, member, shown, type Report } from '../violation.js';
import { conditionRulesOf } from './conditions.js';

/** A text in which references are resolved. */
export interface ReferringText {
  readonly text: string;
  readonly at: string;
  readonly moment: Moment;
  readonly inSource: boolean;
}

export interface Scope {
  /** Of the pipeline's own variables; undefined where it declares none. */
  readonly variables: ReadonlySet<string> | undefined;
  readonly namespaces: ReadonlyMap<string, PlacedAction>;
}

export function checkVariables(pipeline: DraftPipeline, report: Report): void {
  const declared = checkDeclarations(pipeline, report);
  const variables = declared.size > 0 ? declared : undefined;
  const namespaces = checkNamespaces(pipeline, { declaresVariables: variables !== undefined, report });
  for (const referring of referringTexts(pipeline)) checkReferences(referring, { variables, namespaces }, report);
}

function checkDeclarations(pipeline: DraftPipeline, report: Report): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, variable] of (pipeline.variables ?? []).entries()) {
    if (variable?.name === undefined) continue;
    if (names.has(variable.name))
      report.add(
        `${element('variables', index)}.name`,
        'InvalidStructure',
        `Variable names must be unique. The following variable name is already in use: ${shown(variable.name)}.`,
      );
    names.add(variable.name);
  }
  return names;
}

interface NamespaceRules {
  readonly declaresVariables: boolean;
  readonly report: Report;
}

function checkNamespaces(pipeline: DraftPipeline, { declaresVariables, report }: NamespaceRules): Scope['namespaces'] {
  const artifacts = artifactNames(pipeline);
  const namespaces = new Map<string, PlacedAction>();
  for (const placed of actionsOf(pipeline)) {
    const { namespace } = placed.action;
    if (namespace === undefined) continue;
    const at = `${placed.at}.namespace`;
    const other = namespaces.get(namespace);
    if (other !== undefined)
      report.add(
        at,
        'InvalidActionDeclaration',
        `Namespaces must be unique across the pipeline definition. '${shown(namespace)}' is already the namespace of ${called(other.action)}.`,
      );
    else namespaces.set(namespace, placed);
    if (namespace === BUILT_IN_NAMESPACE)
      report.add(at, 'InvalidActionDeclaration', `The namespace '${BUILT_IN_NAMESPACE}' is reserved; choose another.`);
    if (declaresVariables && namespace === PIPELINE_VARIABLES_NAMESPACE)
      report.add(
        at,
        'InvalidStructure',
        'One or more of the chosen namespaces is reserved. Note that there is a namespace for variables at the pipeline level; choose another.',
      );
    if (artifacts.has(namespace))
      report.add(
        at,
        'InvalidActionDeclaration',
        `The namespace '${shown(namespace)}' is also the name of an artifact; choose another.`,
      );
  }
  return namespaces;
}

function artifactNames(pipeline: DraftPipeline): ReadonlySet<string | undefined> {
  return new Set(
    actionsOf(pipeline).flatMap(({ action }) =>
      [...(action.inputArtifacts ?? []), ...(action.outputArtifacts ?? [])].map((artifact) => artifact?.name),
    ),
  );
}

/** Configuration of actions and rules, and the values of environment variables; commands hold none. */
export function referringTexts(pipeline: DraftPipeline): readonly ReferringText[] {
  return [
    ...actionsOf(pipeline).flatMap(textsOfAction),
    ...stagesOf(pipeline).flatMap(conditionRulesOf).flatMap(textsOfRule),
  ];
}

function textsOfAction(placed: PlacedAction): readonly ReferringText[] {
  const place = { moment: placed, inSource: categoryOf(placed) === 'Source' };
  const environment = (placed.action.environmentVariables ?? []).map((variable, index) => ({
    text: variable?.value ?? '',
    at: `${element(`${placed.at}.environmentVariables`, index)}.value`,
    ...place,
  }));
  return [...valuesOf(placed.action.configuration, placed.at).map((value) => ({ ...value, ...place })), ...environment];
}

function textsOfRule({ rule, at, moment }: ReturnType<typeof conditionRulesOf>[number]): readonly ReferringText[] {
  return valuesOf(rule.configuration, at).map((value) => ({ ...value, moment, inSource: false }));
}

function valuesOf(
  configuration: Readonly<Record<string, string | undefined>> | undefined,
  at: string,
): readonly { readonly text: string; readonly at: string }[] {
  return Object.entries(configuration ?? {}).map(([key, value]) => ({
    text: value ?? '',
    at: member(`${at}.configuration`, key),
  }));
}

function checkReferences(referring: ReferringText, scope: Scope, report: Report): void {
  const { references, malformed } = variableReferences(referring.text);
  for (const text of new Set(malformed))
    report.add(
      referring.at,
      'InvalidActionDeclaration',
      `Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.), as in #{variables.NAME}; ${shown(text)} is none.`,
    );
  const distinct = new Map(references.map((reference) => [reference.text, reference]));
  for (const reference of distinct.values()) {
    if (reference.namespace === BUILT_IN_NAMESPACE) continue;
    if (reference.namespace === PIPELINE_VARIABLES_NAMESPACE && scope.variables !== undefined)
      checkPipelineVariable(reference, scope.variables, { referring, report });
    else checkNamespace(reference, scope.namespaces, { referring, report });
  }
}

interface Finding {
  readonly referring: ReferringText;
  readonly report: Report;
}

function checkPipelineVariable(
  { key, text }: VariableReference,
  declared: ReadonlySet<string>,
  { referring, report }: Finding,
): void {
  if (referring.inSource)
    report.add(
      referring.at,
      'InvalidStructure',
      `Variables at the pipeline level cannot be used in source actions; write the value itself instead of ${shown(text)}.`,
    );
  if (!declared.has(key))
    report.add(
      referring.at,
      'InvalidStructure',
      () =>
        `The referenced variables haven't been declared: ${shown(text)}. Declare it in 'variables'.${didYouMean(key, declared)}`,
    );
}

function checkNamespace(
  { namespace, text }: VariableReference,
  namespaces: Scope['namespaces'],
  { referring, report }: Finding,
): void {
  const owner = namespaces.get(namespace);
  if (owner !== undefined && isBefore(owner, referring.moment)) return;
  const why = () =>
    owner === undefined
      ? `does not exist; give the action whose output variables are meant a 'namespace'.${didYouMean(namespace, [...namespaces.keys(), BUILT_IN_NAMESPACE, PIPELINE_VARIABLES_NAMESPACE])}`
      : `belongs to ${called(owner.action)}, which is not over by then: move it to an earlier stage or give it a lower runOrder.`;
  report.add(
    referring.at,
    'InvalidActionDeclaration',
    () => `The namespace of the variable reference ${shown(text)} ${why()}`,
  );
}
