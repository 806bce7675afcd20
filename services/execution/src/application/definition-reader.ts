import { streams } from '@millrace/contracts';
import {
  pipelineEventTypes,
  type PipelineDeclaration,
  type PipelineEvent,
} from '@millrace/contracts/pipeline-definition';
import type { EventStore, Head, RecordedEvent } from '@millrace/event-store';

/** One version of a pipeline. Never changes. */
export interface Definition {
  readonly pipelineId: string;
  readonly version: number;
  readonly declaration: PipelineDeclaration;
}

/** Read from the `pipeline-` stream itself, never from a view (docs/decisions/0010). */
export interface DefinitionReader {
  /** The version that holds now; undefined where there is no such pipeline, or it was deleted. */
  head(project: string, name: string): Promise<Definition | undefined>;
  /** A version of this creation of the pipeline, also when it was deleted since. */
  version(
    project: string,
    name: string,
    of: { readonly pipelineId: string; readonly version: number },
  ): Promise<Definition | undefined>;
}

const CACHED_MAX = 500;
/** A version may have 512 KiB. */
const PAGE = 10;

export function definitionReader(store: Pick<EventStore, 'readStream'>): DefinitionReader {
  const versions = new Map<string, Definition>();
  /** What holds as of a head: a stream that has not moved on since needs no read of its events. */
  const heads = new Map<string, { readonly head: Head; readonly definition: Definition | undefined }>();
  const rememberHead = (stream: string, head: Head, definition: Definition | undefined): void => {
    heads.delete(stream);
    heads.set(stream, { head, definition });
    const oldest = heads.size > CACHED_MAX ? heads.keys().next().value : undefined;
    if (oldest !== undefined) heads.delete(oldest);
  };
  const remember = (definition: Definition): Definition => {
    versions.set(`${definition.pipelineId}/${definition.version}`, definition);
    const oldest = versions.size > CACHED_MAX ? versions.keys().next().value : undefined;
    if (oldest !== undefined) versions.delete(oldest);
    return definition;
  };
  return {
    async head(project, name) {
      const stream = streams.pipeline(project, name);
      const known = heads.get(stream);
      if (known !== undefined) {
        const { head } = await store.readStream(stream, { from: known.head.revision + 1, limit: 1 });
        if (head.hash === known.head.hash) return known.definition;
      }
      const { events, head } = await store.readStream(stream, { direction: 'backwards', limit: 1 });
      const definition = events[0] && definitionOf(events[0]);
      rememberHead(stream, head, definition);
      return definition && remember(definition);
    },
    async version(project, name, { pipelineId, version }) {
      const cached = versions.get(`${pipelineId}/${version}`);
      if (cached !== undefined) return cached;
      const stream = streams.pipeline(project, name);
      for (let from = 0; ; from += PAGE) {
        const { events } = await store.readStream(stream, { from, limit: PAGE });
        const found = events
          .map(definitionOf)
          .find((each) => each?.pipelineId === pipelineId && each.version === version);
        if (found !== undefined) return remember(found);
        if (events.length < PAGE) return undefined;
      }
    },
  };
}

function definitionOf(recorded: RecordedEvent): Definition | undefined {
  const { type, data } = pipelineEventTypes.decode<PipelineEvent>(recorded);
  switch (type) {
    case 'PipelineCreated':
    case 'PipelineUpdated':
      return { pipelineId: data.pipelineId, version: data.version, declaration: data.declaration };
    case 'PipelineDeleted':
      return undefined;
  }
}
