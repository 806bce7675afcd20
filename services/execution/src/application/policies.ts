import type { JsonObject } from '@millrace/contracts';
import {
  executionEventTypes,
  sourceEventTypes,
  trafficEventTypes,
  type ExecutionEvent,
  type SourceEvent,
  type TrafficEvent,
} from '@millrace/contracts/execution';
import {
  pipelineEventTypes,
  type PipelineDeclaration,
  type PipelineEvent,
} from '@millrace/contracts/pipeline-definition';
import type { RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand } from '@millrace/messaging';
import { isPolled } from './source-settings.js';
import type { DefinitionReader } from './definition-reader.js';
import { planStage } from './plan.js';

type Commands = readonly AddressedCommand[];
const command = (
  target: AddressedCommand['target'],
  type: string,
  data: object,
  executionId?: string,
): AddressedCommand => ({
  target,
  type,
  data: data as JsonObject,
  ...(executionId === undefined ? {} : { executionId }),
});

/** What traffic has decided, the execution carries out. */
export async function admissionPolicy(recorded: RecordedEvent, definitions: DefinitionReader): Promise<Commands> {
  const event = trafficEventTypes.decode<TrafficEvent>(recorded);
  const { project, pipelineId = '' } = recorded.metadata;
  switch (event.type) {
    case 'ExecutionAdmitted':
      return [command('execution', 'BeginExecution', { ...event.data, pipelineId }, event.data.executionId)];
    case 'StageEntered': {
      const { executionId, stage, pipelineName, pipelineVersion } = event.data;
      const definition = await definitions.version(project, pipelineName, { pipelineId, version: pipelineVersion });
      const actions = definition && planStage(definition.declaration, stage);
      if (actions === undefined)
        throw new RangeError(`Version ${pipelineVersion} of pipeline ${pipelineName} has no stage ${stage}.`);
      return [command('execution', 'EnterStage', { stage, actions }, executionId)];
    }
    case 'RetryAdmitted': {
      const { executionId, stage, mode } = event.data;
      return [command('execution', 'RetryStage', { stage, mode }, executionId)];
    }
    case 'ExecutionSuperseded':
      return [command('execution', 'SupersedeExecution', { by: event.data.by }, event.data.executionId)];
    case 'ExecutionOutdated':
      return [command('execution', 'CancelExecution', { reason: event.data.reason }, event.data.executionId)];
    case 'StageAwaited':
    case 'StageLeft':
    case 'ExecutionWithdrawn':
    case 'TransitionDisabled':
    case 'TransitionEnabled':
      return [];
  }
}

/** A stage that is vacated, and an execution that is over, are traffic's to know. */
export function vacancyPolicy(recorded: RecordedEvent): Commands {
  const { executionId } = recorded.metadata;
  const event = executionEventTypes.decode<ExecutionEvent>(recorded);
  if (event.type === 'StageVacated') return [command('traffic', 'LeaveStage', { executionId, ...event.data })];
  // It may wait before a stage: its place is given up.
  if (event.type === 'ExecutionFinished' && (event.data.status === 'Stopped' || event.data.status === 'Cancelled'))
    return [command('traffic', 'LeaveStage', { executionId, outcome: event.data.status })];
  return [];
}

/** A change of the definition cancels what runs by the old one; a creation without polling starts the first execution. */
export function definitionPolicy(recorded: RecordedEvent): Commands {
  const event = pipelineEventTypes.decode<PipelineEvent>(recorded);
  switch (event.type) {
    case 'PipelineCreated':
      return event.data.declaration.stages[0]?.actions.some(isPolled)
        ? []
        : [firstStart(recorded, event.data.declaration)];
    case 'PipelineUpdated':
      return [command('traffic', 'CancelOutdated', { version: event.data.version, deleted: false })];
    case 'PipelineDeleted':
      return [command('traffic', 'CancelOutdated', { version: 0, deleted: true })];
  }
}

function firstStart({ metadata }: RecordedEvent, { name }: PipelineDeclaration): AddressedCommand {
  return command('traffic', 'StartExecution', {
    pipelineName: name,
    pipelineId: metadata.pipelineId,
    clientToken: metadata.id,
    trigger: { type: 'CreatePipeline', detail: metadata.actor.name },
    variables: [],
    sourceRevisions: [],
  });
}

/** A revision that was seen starts an execution of exactly that revision. */
export function revisionPolicy(recorded: RecordedEvent): Commands {
  const event = sourceEventTypes.decode<SourceEvent>(recorded);
  if (event.type !== 'RevisionSeen') return [];
  const { pipelineName, actionName, by, revision } = event.data;
  return [
    command('traffic', 'StartExecution', {
      pipelineName,
      pipelineId: recorded.metadata.pipelineId,
      clientToken: recorded.metadata.id,
      trigger: { type: by === 'webhook' ? 'Webhook' : 'PollForSourceChanges', detail: actionName },
      variables: [],
      sourceRevisions: [{ actionName, revisionType: 'COMMIT_ID', revisionValue: revision.revisionId }],
    }),
  ];
}
