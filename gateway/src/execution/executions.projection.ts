import type { RecordedEvent } from '@millrace/event-store';
import type { ExecutionAdmitted, ExecutionStarted, StageOutline } from '@millrace/contracts/execution';
import { executionIdOf } from '../views/execution-id.js';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { viewProjection } from '../views/view-projection.js';
import { foldLog, foldProgress } from './execution-progress.fold.js';
import { foldPassage } from './execution-passage.fold.js';
import type { ExecutionDocument, StageExecutionDocument } from './execution.document.js';

export const EXECUTIONS = 'executions';

/** Facts that name an execution and change nothing that is shown. */
const NOT_SHOWN: ReadonlySet<KnownEvent['type']> = new Set<KnownEvent['type']>([
  'StageLeft',
  'StageVacated',
  'JobEnded',
  'CancellationRequested',
  'ArtifactStored',
  'ArtifactExpired',
]);

/** Each execution, from its admission on. */
export const executionsProjection = viewProjection<ExecutionDocument>({
  name: 'execution.executions.v1',
  collection: {
    name: EXECUTIONS,
    indexes: [
      { name: 'byStart', fields: ['project', 'startedAt'] },
      { name: 'byStatus', fields: ['project', 'status', 'startedAt'] },
      { name: 'byPipeline', fields: ['project', 'pipelineId', 'ordinal'] },
      { name: 'byPipelineStatus', fields: ['project', 'pipelineId', 'status', 'ordinal'] },
    ],
  },
  categories: ['traffic', 'execution', 'artifact'],
  key: (event, recorded) => (NOT_SHOWN.has(event.type) ? undefined : executionIdOf(recorded)),
  fold,
});

function fold(
  execution: ExecutionDocument | undefined,
  event: KnownEvent,
  recorded: RecordedEvent,
): ExecutionDocument | undefined {
  if (execution === undefined) return begun(event, recorded);
  const { time, actor } = recorded.metadata;
  switch (recorded.category) {
    case 'traffic':
      return foldPassage(execution, event, time);
    case 'execution':
      return foldProgress(execution, event, { time, actor });
    case 'artifact':
      return foldLog(execution, event, time);
    default:
      return execution;
  }
}

/** Its admission is its first fact; the start in its own stream says the same. */
function begun(event: KnownEvent, recorded: RecordedEvent): ExecutionDocument | undefined {
  const { metadata } = recorded;
  if (event.type === 'ExecutionStarted') return document(event.data, event.data.pipelineId, recorded);
  if (event.type === 'ExecutionAdmitted') return document(event.data, metadata.pipelineId ?? '', recorded);
  return undefined;
}

function document(
  data: ExecutionAdmitted | ExecutionStarted,
  pipelineId: string,
  { metadata }: RecordedEvent,
): ExecutionDocument {
  const { executionId, pipelineName, pipelineVersion, ordinal, trigger, variables, stages } = data;
  return {
    project: metadata.project,
    executionId,
    pipelineId,
    pipelineName,
    pipelineVersion,
    ordinal,
    status: 'InProgress',
    statusSince: metadata.time,
    trigger,
    startedBy: metadata.actor,
    startedAt: metadata.time,
    ...(metadata.causationId === undefined ? {} : { causedBy: metadata.causationId }),
    variables,
    revisions: [],
    stages: stages.map(outline),
  };
}

function outline(stage: StageOutline): StageExecutionDocument {
  return {
    name: stage.name,
    retries: 0,
    actions: stage.actions.map(({ name, actionTypeId, runOrder }) => ({ name, actionTypeId, runOrder, attempts: [] })),
  };
}
