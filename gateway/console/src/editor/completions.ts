import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { ActionTypesResult } from '../api/generated/operations.js';
import { pathAt } from './place-of.js';

type ActionTypes = ActionTypesResult['actionTypes'];

const MEMBERS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '': [
    ['name', 'unique; never changes'],
    ['stages', '2 to 50, in their order'],
    ['pipelineType', 'V1 or V2'],
    ['executionMode', 'SUPERSEDED'],
    ['variables', 'up to 50'],
  ],
  'stages.[]': [
    ['name', 'unique in the pipeline'],
    ['actions', '1 to 50'],
  ],
  'stages.[].actions.[]': [
    ['name', 'unique in the stage'],
    ['actionTypeId', 'what it is'],
    ['runOrder', 'equal numbers run side by side'],
    ['configuration', 'texts by key'],
    ['commands', 'one shell line each'],
    ['environmentVariables', 'of commands'],
    ['outputVariables', 'of commands'],
    ['inputArtifacts', 'what it takes'],
    ['outputArtifacts', 'what it makes'],
    ['namespace', 'by which its variables are referred to'],
    ['timeoutInMinutes', 'of an approval'],
  ],
  'stages.[].actions.[].actionTypeId': [
    ['category', 'Source, Build, Test, Deploy, Approval, Compute'],
    ['owner', 'Millrace or AWS'],
    ['provider', 'who does the work'],
    ['version', "'1'"],
  ],
  'stages.[].actions.[].inputArtifacts.[]': [['name', 'the output of an earlier action']],
  'stages.[].actions.[].outputArtifacts.[]': [
    ['name', 'unique in the pipeline'],
    ['files', 'which ones'],
  ],
  'variables.[]': [
    ['name', 'as in #{variables.name}'],
    ['defaultValue', 'without it each start has to say'],
    ['description', 'for people'],
  ],
};

/** What may stand at a place of a definition: members, action types and the keys of their configuration. */
export function definitionCompletions(actionTypes: () => ActionTypes): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/["'\w]*/);
    if (word === null || (word.from === word.to && !context.explicit)) return null;
    const text = context.state.doc.toString();
    const path = pathAt(syntaxTree(context.state), text, word.from);
    const options = optionsAt(path.join('.'), actionTypes());
    if (options.length === 0) return null;
    const quoted = /^["']/.test(word.text);
    return { from: quoted ? word.from + 1 : word.from, options, validFor: /^\w*$/ };
  };
}

const TYPE_ID = 'stages.[].actions.[].actionTypeId.';

function optionsAt(path: string, types: ActionTypes): readonly Completion[] {
  const members = MEMBERS[path];
  if (members !== undefined) return members.map(([label, detail]) => ({ label, detail, type: 'property' }));
  if (path.startsWith(TYPE_ID)) return valuesOf(path.slice(TYPE_ID.length), types);
  return path === 'stages.[].actions.[].configuration' ? configurationKeys(types) : [];
}

function valuesOf(member: string, types: ActionTypes): readonly Completion[] {
  if (member !== 'category' && member !== 'owner' && member !== 'provider') return [];
  return [...new Set(types.map(({ id }) => id[member]))].map((label) => ({ label, type: 'enum' }));
}

function configurationKeys(types: ActionTypes): readonly Completion[] {
  return types.flatMap(({ id, properties }) =>
    properties
      .filter(({ effective }) => effective)
      .map(({ name, description, required }) => ({
        label: name,
        detail: id.provider,
        info: required ? `${description} Required.` : description,
        type: 'property',
      })),
  );
}
