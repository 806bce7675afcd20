import { refuse, type Refused } from '@millrace/decider';
import type {
  DefinitionFacts,
  SourceRevision,
  StageOutline,
  TrafficRefusal,
  Variable,
} from '@millrace/contracts/execution';

const VARIABLES_MAX = 50;
const VALUE_LENGTH_MAX = 1_000;

type Refusal = Refused<TrafficRefusal> | undefined;

/** Undeclared names are ignored, not refused (codepipeline-structure, section 3.2). */
export function checkVariables(variables: readonly Variable[]): Refusal {
  if (variables.length > VARIABLES_MAX)
    return refuse('INVALID_VARIABLES', `${variables.length} variables were given; ${VARIABLES_MAX} at most.`);
  const seen = new Set<string>();
  for (const { name, value } of variables) {
    if (seen.has(name))
      return refuse(
        'INVALID_VARIABLES',
        `Variable names must be unique. The following variable name is already in use: ${name}`,
      );
    seen.add(name);
    if (value.length < 1 || value.length > VALUE_LENGTH_MAX)
      return refuse(
        'INVALID_VARIABLES',
        `The value of variable ${name} has ${value.length} characters; 1 to ${VALUE_LENGTH_MAX} are allowed.`,
      );
  }
  return undefined;
}

export function checkSourceRevisions(revisions: readonly SourceRevision[], stages: readonly StageOutline[]): Refusal {
  const sources = stages[0]?.actions ?? [];
  const seen = new Set<string>();
  for (const { actionName } of revisions) {
    if (!sources.some(({ name }) => name === actionName))
      return refuse(
        'INVALID_SOURCE_REVISION',
        `The action name ${actionName} in the source revision is not valid. It must be a source action of the pipeline: ${sources.map(({ name }) => name).join(', ')}.`,
      );
    if (seen.has(actionName))
      return refuse(
        'INVALID_SOURCE_REVISION',
        `Two revisions were given for source action ${actionName}; one at most.`,
      );
    seen.add(actionName);
  }
  return undefined;
}

/** Every declared variable with its value: the one that was supplied, else its default. */
export function bindVariables(
  declared: DefinitionFacts['variables'],
  supplied: readonly Variable[],
): { readonly bound: readonly Variable[]; readonly missing: readonly string[] } {
  const values = new Map(supplied.map(({ name, value }) => [name, value]));
  const bound: Variable[] = [];
  const missing: string[] = [];
  for (const { name, defaultValue } of declared) {
    const value = values.get(name) ?? defaultValue;
    if (value === undefined) missing.push(name);
    else bound.push({ name, value });
  }
  return { bound, missing };
}
