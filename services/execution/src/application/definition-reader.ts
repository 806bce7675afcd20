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

/** Of declarations as JSON, which is about what they take in memory: 500 usual ones, or 32 of the largest that are allowed. */
export const CACHED_BYTES_MAX = 16 * 1_048_576;
/** Streams whose head is known. */
const HEADS_MAX = 500;
/** A version may have 512 KiB. */
const PAGE = 10;

/** @param cachedBytesMax - of the versions that are remembered, the oldest forgotten first; a single one is always. */
export function definitionReader(
  store: Pick<EventStore, 'readStream'>,
  cachedBytesMax = CACHED_BYTES_MAX,
): DefinitionReader {
  const versions = new Map<string, { readonly definition: Definition; readonly bytes: number }>();
  let cachedBytes = 0;
  /** What holds as of a head: a stream that has not moved on since needs no read of its events. Absent: it was deleted. */
  const heads = new Map<string, { readonly head: Head; readonly key?: string }>();
  const rememberHead = (stream: string, head: Head, definition: Definition | undefined): void => {
    heads.delete(stream);
    heads.set(stream, { head, ...(definition === undefined ? {} : { key: keyOf(definition) }) });
    const oldest = heads.size > HEADS_MAX ? heads.keys().next().value : undefined;
    if (oldest !== undefined) heads.delete(oldest);
  };
  const remember = (definition: Definition): Definition => {
    const key = keyOf(definition);
    // A version never changes: the one that is known stands for both.
    const known = versions.get(key);
    if (known !== undefined) return known.definition;
    const bytes = Buffer.byteLength(JSON.stringify(definition.declaration));
    versions.set(key, { definition, bytes });
    cachedBytes += bytes;
    for (const [oldest, { bytes: freed }] of versions) {
      if (cachedBytes <= cachedBytesMax || oldest === key) break;
      versions.delete(oldest);
      cachedBytes -= freed;
    }
    return definition;
  };
  return {
    async head(project, name) {
      const stream = streams.pipeline(project, name);
      const known = heads.get(stream);
      const cached = known?.key === undefined ? undefined : versions.get(known.key)?.definition;
      if (known !== undefined && (known.key === undefined || cached !== undefined)) {
        const { head } = await store.readStream(stream, { from: known.head.revision + 1, limit: 1 });
        if (head.hash === known.head.hash) return cached;
      }
      const { events, head } = await store.readStream(stream, { direction: 'backwards', limit: 1 });
      const definition = events[0] && definitionOf(events[0]);
      rememberHead(stream, head, definition);
      return definition && remember(definition);
    },
    async version(project, name, { pipelineId, version }) {
      const cached = versions.get(keyOf({ pipelineId, version }));
      if (cached !== undefined) return cached.definition;
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

const keyOf = ({ pipelineId, version }: Pick<Definition, 'pipelineId' | 'version'>): string =>
  `${pipelineId}/${version}`;
