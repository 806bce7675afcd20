import {
  configuredValue,
  findActionType,
  type ActionDeclaration,
  type PipelineDeclaration,
} from '@millrace/contracts/pipeline-definition';
import type { DefinitionFacts, PlannedAction, StageOutline } from '@millrace/contracts/execution';
import type { Definition } from './definition-reader.js';

const MINUTE_MS = 60_000;

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
  const type = findActionType(action.actionTypeId);
  if (type === undefined)
    throw new RangeError(`Action type ${JSON.stringify(action.actionTypeId)} is not known to this release.`);
  const labels = configuredValue(type, action.configuration, 'Labels');
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
    timeoutMs: (timeoutInMinutes ?? type.timeoutMinutes) * MINUTE_MS,
    work: type.work,
    labels: labels === undefined ? [] : labels.split(','),
  };
}
