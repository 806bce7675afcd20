import { sourceEventTypes, type ActionTypeRef, type SourceEvent } from '@millrace/contracts/execution';
import {
  configuredValue,
  findActionType,
  pipelineEventTypes,
  type PipelineDeclaration,
  type PipelineEvent,
} from '@millrace/contracts/pipeline-definition';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';
import { isPolled, pollIntervalMs } from './source-settings.js';

export type WatchedPipeline = {
  readonly project: string;
  readonly pipelineId: string;
  readonly name: string;
  readonly sources: readonly WatchedSource[];
};

export type WatchedSource = {
  readonly name: string;
  readonly actionTypeId: ActionTypeRef & { readonly [key: string]: string };
  readonly configuration: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly polled: boolean;
  readonly intervalMs: number;
  /** The revision that was seen last. */
  readonly cursor?: string;
};

/** Which sources are looked at, and what was seen there last. */
export const watchedPipelines: Projection<WatchedPipeline> = {
  name: 'execution.watched-pipelines.v1',
  collection: { name: 'watched-pipelines', indexes: [{ name: 'all', fields: ['project'] }] },
  touches: ({ category, metadata }) =>
    (category === 'pipeline' || category === 'source') && metadata.pipelineId !== undefined
      ? [`${metadata.project}/${metadata.pipelineId}`]
      : [],
  fold: (document, recorded) =>
    recorded.category === 'pipeline' ? foldDefinition(document, recorded) : foldSource(document, recorded),
};

function foldDefinition(document: WatchedPipeline | undefined, recorded: RecordedEvent): WatchedPipeline | undefined {
  const event = pipelineEventTypes.decode<PipelineEvent>(recorded);
  if (event.type === 'PipelineDeleted') return undefined;
  const { pipelineId, name, declaration } = event.data;
  return { project: recorded.metadata.project, pipelineId, name, sources: sourcesOf(declaration, document) };
}

function sourcesOf(declaration: PipelineDeclaration, before: WatchedPipeline | undefined): readonly WatchedSource[] {
  return (declaration.stages[0]?.actions ?? []).flatMap((action) => {
    const type = findActionType(action.actionTypeId);
    if (type?.id.category !== 'Source') return [];
    const labels = configuredValue(type, action.configuration, 'Labels');
    const source = {
      name: action.name,
      actionTypeId: { ...action.actionTypeId },
      configuration: action.configuration,
      labels: labels === undefined ? [] : labels.split(','),
      polled: isPolled(action),
      intervalMs: pollIntervalMs(action),
    };
    const cursor = before?.sources.find((each) => each.name === action.name)?.cursor;
    return [cursor === undefined ? source : { ...source, cursor }];
  });
}

function foldSource(document: WatchedPipeline | undefined, recorded: RecordedEvent): WatchedPipeline | undefined {
  const event = sourceEventTypes.decode<SourceEvent>(recorded);
  if (document === undefined || event.type !== 'RevisionSeen') return document;
  const { actionName, revision } = event.data;
  return {
    ...document,
    sources: document.sources.map((source) =>
      source.name === actionName ? { ...source, cursor: revision.revisionId } : source,
    ),
  };
}
