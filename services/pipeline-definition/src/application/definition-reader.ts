import { streams } from '@millrace/contracts';
import {
  pipelineEventTypes,
  type PipelineDeclaration,
  type PipelineEvent,
} from '@millrace/contracts/pipeline-definition';
import type { EventStore, RecordedEvent } from '@millrace/event-store';
import { OperationalError } from '@millrace/runtime';

/** One version of one pipeline. Never changes. */
export interface DefinitionVersion {
  readonly pipelineId: string;
  readonly version: number;
  /** Normalised, without `version`. */
  readonly declaration: PipelineDeclaration;
}

/**
 * Definitions out of the log itself, never from a view: what was acknowledged is seen (docs/decisions/0010).
 * Both throw an OperationalError: what the store throws, and `UNKNOWN_EVENT` (not retryable) for events of a newer release.
 */
export interface DefinitionReader {
  /** The newest version; undefined where there is no such pipeline, or none any more. */
  head(project: string, name: string): Promise<DefinitionVersion | undefined>;
  /**
   * One version; undefined where there is none.
   *
   * @param pipelineId - of which creation, also of one that was deleted; default: the pipeline that has the name now.
   */
  version(project: string, name: string, version: number, pipelineId?: string): Promise<DefinitionVersion | undefined>;
}

export interface DefinitionReaderOptions {
  readonly store: Pick<EventStore, 'readStream'>;
  /** Versions kept in memory, least recently used first out; default 1,000. */
  readonly cachedVersionsMax?: number;
}

const CACHED_VERSIONS_MAX = 1_000;
/** Definitions can be large, and the wanted one is nearly always the first that is read. */
const EVENTS_A_READ = 10;

export function definitionReader({
  store,
  cachedVersionsMax = CACHED_VERSIONS_MAX,
}: DefinitionReaderOptions): DefinitionReader {
  const cache = new VersionCache(cachedVersionsMax);

  async function head(project: string, name: string): Promise<DefinitionVersion | undefined> {
    const { events } = await store.readStream(streams.pipeline(project, name), { direction: 'backwards', limit: 1 });
    const [newest] = events;
    const found = newest === undefined ? undefined : definitionIn(newest);
    if (found !== undefined) cache.put(project, found);
    return found;
  }

  async function search(project: string, name: string, wanted: Wanted): Promise<DefinitionVersion | undefined> {
    const stream = streams.pipeline(project, name);
    let from: number | undefined;
    for (;;) {
      const options = {
        direction: 'backwards',
        limit: EVENTS_A_READ,
        ...(from === undefined ? {} : { from }),
      } as const;
      const { events } = await store.readStream(stream, options);
      const found = events.map(definitionIn).find((definition) => isWanted(definition, wanted));
      if (found !== undefined) return found;
      const oldest = events.at(-1);
      if (oldest === undefined || oldest.revision === 0) return undefined;
      from = oldest.revision - 1;
    }
  }

  return {
    head,
    async version(project, name, version, pipelineId) {
      const id = pipelineId ?? (await head(project, name))?.pipelineId;
      if (id === undefined) return undefined;
      const known = cache.get(project, id, version);
      if (known !== undefined) return known;
      const found = await search(project, name, { pipelineId: id, version });
      if (found !== undefined) cache.put(project, found);
      return found;
    },
  };
}

interface Wanted {
  readonly pipelineId: string;
  readonly version: number;
}

function isWanted(definition: DefinitionVersion | undefined, wanted: Wanted): boolean {
  return definition?.pipelineId === wanted.pipelineId && definition.version === wanted.version;
}

/** Each creation and update carries the whole declaration. */
function definitionIn(recorded: RecordedEvent): DefinitionVersion | undefined {
  const event = decode(recorded);
  if (event.type === 'PipelineDeleted') return undefined;
  const { pipelineId, version, declaration } = event.data;
  return { pipelineId, version, declaration };
}

function decode(recorded: RecordedEvent): PipelineEvent {
  try {
    return pipelineEventTypes.decode<PipelineEvent>(recorded);
  } catch (cause) {
    throw new OperationalError(`Stream ${recorded.stream} holds what this release can't read.`, {
      retryable: false,
      code: 'UNKNOWN_EVENT',
      cause,
    });
  }
}

/** A version is never wrong once it is known, so nothing here is ever invalidated. */
class VersionCache {
  private readonly versions = new Map<string, DefinitionVersion>();

  constructor(private readonly versionsMax: number) {}

  get(project: string, pipelineId: string, version: number): DefinitionVersion | undefined {
    const key = keyOf(project, pipelineId, version);
    const found = this.versions.get(key);
    if (found !== undefined) this.refresh(key, found);
    return found;
  }

  put(project: string, definition: DefinitionVersion): void {
    this.refresh(keyOf(project, definition.pipelineId, definition.version), definition);
    const [eldest] = this.versions.keys();
    if (this.versions.size > this.versionsMax && eldest !== undefined) this.versions.delete(eldest);
  }

  /** A Map keeps the order in which keys came in. */
  private refresh(key: string, definition: DefinitionVersion): void {
    this.versions.delete(key);
    this.versions.set(key, definition);
  }
}

function keyOf(project: string, pipelineId: string, version: number): string {
  return `${project}/${pipelineId}/${version}`;
}
