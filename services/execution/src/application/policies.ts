import { streams, type JsonObject } from '@millrace/contracts';
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
import type { EventStore, RecordedEvent } from '@millrace/event-store';
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

/** What policies read beside their event: definitions, and facts that stand before it in the log. */
export interface PolicyReads {
  readonly definitions: DefinitionReader;
  readonly store: Pick<EventStore, 'readStream'>;
}

/** What traffic has decided, the execution carries out. */
export async function admissionPolicy(recorded: RecordedEvent, reads: PolicyReads): Promise<Commands> {
  const event = trafficEventTypes.decode<TrafficEvent>(recorded);
  const { project, pipelineId = '' } = recorded.metadata;
  switch (event.type) {
    case 'ExecutionAdmitted':
      return [
        command('execution', 'BeginExecution', { ...event.data, pipelineId }, event.data.executionId),
        ...(await cancelIfOutdated(recorded, reads, event.data)),
      ];
    case 'StageEntered': {
      const { executionId, stage, pipelineName, pipelineVersion } = event.data;
      const definition = await reads.definitions.version(project, pipelineName, {
        pipelineId,
        version: pipelineVersion,
      });
      const actions = definition && planStage(definition.declaration, stage);
      if (actions === undefined)
        throw new RangeError(`Version ${pipelineVersion} of pipeline ${pipelineName} has no stage ${stage}.`);
      return [command('execution', 'EnterStage', { stage, actions }, executionId)];
    }
    case 'RetryAdmitted': {
      const { executionId, stage, mode } = event.data;
      const { events } = await reads.store.readStream(streams.execution(project, executionId), { limit: 1 });
      const started = events[0] && executionEventTypes.decode<ExecutionEvent>(events[0]);
      if (started?.type !== 'ExecutionStarted')
        throw new RangeError(`Execution ${executionId} is retried, but was never started.`);
      return [
        command('execution', 'RetryStage', { stage, mode }, executionId),
        ...(await cancelIfOutdated(recorded, reads, started.data)),
      ];
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

/**
 * Traffic decided by a definition that was read a moment before. Where it had changed by then, the change may have found nothing to cancel
 * yet; whoever comes second, this or the change's own policy, sees what the other has recorded (docs/decisions/0040).
 */
async function cancelIfOutdated(
  { metadata: { project, pipelineId } }: RecordedEvent,
  { definitions }: PolicyReads,
  { pipelineName, pipelineVersion }: { readonly pipelineName: string; readonly pipelineVersion: number },
): Promise<Commands> {
  const head = await definitions.head(project, pipelineName);
  if (head?.pipelineId !== pipelineId) return [command('traffic', 'CancelOutdated', { version: 0, deleted: true })];
  if (head?.version === pipelineVersion) return [];
  return [command('traffic', 'CancelOutdated', { version: head?.version ?? 0, deleted: false })];
}

/** A stage that is vacated, and an execution that is over, are traffic's to know. */
export async function vacancyPolicy(recorded: RecordedEvent, { store }: Pick<PolicyReads, 'store'>): Promise<Commands> {
  const { executionId } = recorded.metadata;
  const event = executionEventTypes.decode<ExecutionEvent>(recorded);
  if (event.type === 'StageVacated') return [command('traffic', 'LeaveStage', { executionId, ...event.data })];
  if (event.type !== 'ExecutionFinished') return [];
  const { status } = event.data;
  if (status !== 'Stopped' && status !== 'Cancelled') return [];
  // It may wait before a stage: its place is given up. One that ended inside a stage vacates it instead, and may be retried: this message,
  // delivered once more, would then take away a place that the retry has earned (docs/decisions/0041).
  const { events } = await store.readStream(recorded.stream, { from: recorded.revision - 1, limit: 1 });
  if (events[0]?.type === 'StageFinished') return [];
  return [command('traffic', 'LeaveStage', { executionId, outcome: status })];
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
