import {
  configuredValue,
  findActionType,
  type ActionDeclaration,
  type PipelineDeclaration,
} from '@millrace/contracts/pipeline-definition';
import type { DefinitionFacts, PlannedAction, StageOutline } from '@millrace/contracts/execution';
import type { Definition } from './definition-reader.js';

const MINUTE_MS = 60_000;
/** Of an action whose type this release does not know. */
const TIMEOUT_MINUTES_DEFAULT = 60;

/** What traffic must know of a definition. */
export function definitionFacts({ pipelineId, version, declaration }: Definition): DefinitionFacts {
  return {
    pipelineId,
    pipelineName: declaration.name,
    version,
    stages: declaration.stages.map(outline),
    variables: (declaration.variables ?? []).map(({ name, defaultValue }) =>
      defaultValue === undefined ? { name } : { name, defaultValue },
    ),
  };
}

function outline({ name, actions }: PipelineDeclaration['stages'][number]): StageOutline {
  return {
    name,
    actions: actions.map(({ name: action, runOrder, actionTypeId }) => ({ name: action, runOrder, actionTypeId })),
  };
}

/** A stage as an execution runs it; undefined where the version has no such stage. */
export function planStage(declaration: PipelineDeclaration, stage: string): readonly PlannedAction[] | undefined {
  return declaration.stages.find(({ name }) => name === stage)?.actions.map(planAction);
}

function planAction(action: ActionDeclaration): PlannedAction {
  const { commands, environmentVariables, outputVariables, namespace, timeoutInMinutes } = action;
  const { timeoutMinutes, work, labels } = settingsOf(action);
  return {
    name: action.name,
    actionTypeId: action.actionTypeId,
    runOrder: action.runOrder,
    configuration: action.configuration,
    inputArtifacts: action.inputArtifacts,
    outputArtifacts: action.outputArtifacts,
    ...(commands === undefined ? {} : { commands }),
    ...(environmentVariables === undefined ? {} : { environmentVariables }),
    ...(outputVariables === undefined ? {} : { outputVariables }),
    ...(namespace === undefined ? {} : { namespace }),
    timeoutMs: (timeoutInMinutes ?? timeoutMinutes) * MINUTE_MS,
    work,
    labels: labels === undefined ? [] : labels.split(','),
  };
}

/** What the action type adds. */
function settingsOf({ actionTypeId, configuration }: ActionDeclaration) {
  const type = findActionType(actionTypeId);
  // Of a newer release: a job like any, which a runner does or fails, saying what it does not know. Thrown here, it would hold up the whole
  // pipeline.
  if (type === undefined)
    return { timeoutMinutes: TIMEOUT_MINUTES_DEFAULT, work: 'job' as const, labels: configuration['Labels'] };
  const { timeoutMinutes, work } = type;
  return { timeoutMinutes, work, labels: configuredValue(type, configuration, 'Labels') };
}
