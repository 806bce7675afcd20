import type { Document } from '@millrace/read-models';
import { liveIterator } from '../live/live-iterator.js';
import type { DocumentChange, LiveFeed, LiveIterator } from '../ports.js';
import { documentId } from '../views/view-projection.js';
import type { PipelineDocument } from './pipeline.document.js';
import type { PipelineQuery } from './pipeline.query.js';
import { PIPELINES } from './pipelines.projection.js';

/** The pipeline that has the name now; `pipeline` is undefined while there is none. */
export interface NamedPipeline {
  readonly pipeline: { readonly document: PipelineDocument; readonly position: bigint } | undefined;
}

/**
 * Follows a name: a pipeline is deleted and another one created with its name, and the subscriber need not know that they are two.
 * Documents are keyed by the pipeline's id, so that the one which has the name is looked up, then watched alone.
 */
export function followPipeline(
  feed: Pick<LiveFeed, 'watch'>,
  pipelines: Pick<PipelineQuery, 'byName'>,
  of: { readonly project: string; readonly name: string },
): LiveIterator<NamedPipeline> {
  const follower = new NameFollower(feed, pipelines, of);
  return liveIterator(
    () => follower.next(),
    () => follower.end(),
  );
}

type Source = LiveIterator<DocumentChange<Document>>;

class NameFollower {
  #source: Source | undefined;
  #ended = false;
  #saidThatThereIsNone = false;

  constructor(
    private readonly feed: Pick<LiveFeed, 'watch'>,
    private readonly pipelines: Pick<PipelineQuery, 'byName'>,
    private readonly of: { readonly project: string; readonly name: string },
  ) {}

  async next(): Promise<NamedPipeline | undefined> {
    while (!this.#ended) {
      const source = this.#source ?? (await this.#open());
      if (source === undefined) return { pipeline: undefined };
      const result = await source.next();
      if (result.done === true) return undefined;
      const pipeline = this.#shown(result.value);
      if (pipeline !== undefined) return { pipeline };
    }
    return undefined;
  }

  /** What the subscriber is to see of a change. Where the name passes on, whom to watch is looked up again. */
  #shown({ document, position }: DocumentChange<Document>): NamedPipeline['pipeline'] {
    const pipeline = document as PipelineDocument | undefined;
    const named = pipeline?.listedName === this.of.name ? pipeline : undefined;
    const watchingAll = this.#saidThatThereIsNone;
    if (watchingAll === (named !== undefined)) this.#close();
    return named === undefined || watchingAll ? undefined : { document: named, position };
  }

  end(): void {
    this.#ended = true;
    this.#close();
  }

  /** What to watch now; undefined when the subscriber is to hear first that there is none. */
  async #open(): Promise<Source | undefined> {
    const { project, name } = this.of;
    const found = await this.pipelines.byName(project, name);
    if (found !== undefined) {
      this.#saidThatThereIsNone = false;
      return this.#watch({ ids: [documentId(project, found.document.pipelineId)] });
    }
    if (!this.#saidThatThereIsNone) {
      this.#saidThatThereIsNone = true;
      return undefined;
    }
    const source = this.#watch({ idPrefix: documentId(project, '') });
    // Watched first, looked up again: nothing falls between.
    if ((await this.pipelines.byName(project, name)) === undefined) return source;
    this.#close();
    return this.#open();
  }

  #watch(selection: { readonly ids?: readonly string[]; readonly idPrefix?: string }): Source {
    const source = this.feed.watch({ collection: PIPELINES, ...selection });
    this.#source = source;
    if (this.#ended) this.#close();
    return source;
  }

  #close(): void {
    const source = this.#source;
    this.#source = undefined;
    void source?.return();
  }
}
