import type { RecordedEvent } from '@millrace/event-store';
import type { KnownEvent } from '@millrace/contracts/known-event';
import { viewProjection } from '../views/view-projection.js';
import { foldApproval } from './pipeline-approvals.fold.js';
import { declaredSources, declaredStages } from './declared-stages.js';
import { foldExecution } from './pipeline-executions.fold.js';
import { foldSource } from './pipeline-sources.fold.js';
import { foldTraffic } from './pipeline-traffic.fold.js';
import type { PipelineDocument } from './pipeline.document.js';

export const PIPELINES = 'pipelines';

/** Kinds of facts that change what a pipeline's state shows. The others (a job's way to its end) are not worth a write. */
const SHOWN: ReadonlySet<KnownEvent['type']> = new Set<KnownEvent['type']>([
  'PipelineCreated',
  'PipelineUpdated',
  'PipelineDeleted',
  'ExecutionAdmitted',
  'StageEntered',
  'StageAwaited',
  'StageLeft',
  'ExecutionWithdrawn',
  'ExecutionSuperseded',
  'ExecutionOutdated',
  'RetryAdmitted',
  'TransitionDisabled',
  'TransitionEnabled',
  'RevisionSeen',
  'SourceFailing',
  'SourceRecovered',
  'StageRetried',
  'ActionStarted',
  'JobLeased',
  'JobReturned',
  'ActionFinished',
  'StageFinished',
  'StopRequested',
  'ExecutionFinished',
  'ApprovalRequested',
  'ApprovalGranted',
  'ApprovalDenied',
  'ApprovalLapsed',
  'ApprovalWithdrawn',
]);

/** Each pipeline with its stages, what waits before them, what is inside, and how every action stands. */
export const pipelinesProjection = viewProjection<PipelineDocument>({
  name: 'pipeline-definition.pipelines.v1',
  collection: {
    name: PIPELINES,
    indexes: [
      { name: 'byName', fields: ['project', 'listedName'], sparse: true },
      { name: 'byDeletion', fields: ['project', 'deletedAt'], sparse: true },
    ],
  },
  categories: ['pipeline', 'traffic', 'source', 'execution', 'approval'],
  key: (event, { metadata }) => (SHOWN.has(event.type) ? metadata.pipelineId : undefined),
  fold,
});

function fold(
  pipeline: PipelineDocument | undefined,
  event: KnownEvent,
  recorded: RecordedEvent,
): PipelineDocument | undefined {
  if (event.type === 'PipelineCreated') return created(event.data, recorded);
  if (pipeline === undefined) return undefined;
  const { time, actor, executionId = '' } = recorded.metadata;
  switch (recorded.category) {
    case 'pipeline':
      return foldDefinition(pipeline, event, recorded);
    case 'traffic':
      return foldTraffic(pipeline, event, { time, actor });
    case 'source':
      return foldSource(pipeline, event, time);
    case 'execution':
      return foldExecution(pipeline, event, { time, executionId });
    case 'approval':
      return foldApproval(pipeline, event);
    default:
      return pipeline;
  }
}

function created(
  data: Extract<KnownEvent, { type: 'PipelineCreated' }>['data'],
  { metadata }: RecordedEvent,
): PipelineDocument {
  const { pipelineId, name, version, declaration, tags } = data;
  return {
    project: metadata.project,
    pipelineId,
    name,
    listedName: name,
    version,
    executionMode: declaration.executionMode,
    createdAt: metadata.time,
    createdBy: metadata.actor,
    updatedAt: metadata.time,
    updatedBy: metadata.actor,
    tags,
    stages: declaredStages(declaration, []),
    sources: declaredSources(declaration, []),
    active: [],
  };
}

function foldDefinition(pipeline: PipelineDocument, event: KnownEvent, { metadata }: RecordedEvent): PipelineDocument {
  if (event.type === 'PipelineUpdated') {
    const { version, declaration } = event.data;
    return {
      ...pipeline,
      version,
      executionMode: declaration.executionMode,
      updatedAt: metadata.time,
      updatedBy: metadata.actor,
      stages: declaredStages(declaration, pipeline.stages),
      sources: declaredSources(declaration, pipeline.sources),
    };
  }
  if (event.type === 'PipelineDeleted') {
    const { listedName: _listedName, ...rest } = pipeline;
    return { ...rest, deletedAt: metadata.time };
  }
  return pipeline;
}
