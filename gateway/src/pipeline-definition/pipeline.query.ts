import type { Views } from '@millrace/read-models';
import {
  storedView,
  viewPage,
  type PageWish,
  type StoredView,
  type ViewItem,
  type ViewPage,
} from '../views/connection.js';
import { ofOwnCursor } from '../views/input.js';
import { documentId } from '../views/view-projection.js';
import type { PipelineDocument, PipelineVersionDocument } from './pipeline.document.js';
import { PIPELINES } from './pipelines.projection.js';
import { VERSIONS, versionKey } from './versions.projection.js';

/** A search reads so many names for one page at most, then says how far it has come. */
const SEARCHED_MAX = 2_000;
const SEARCH_PAGE = 200;

export interface PipelineListWish extends PageWish {
  readonly search?: string | undefined;
  readonly deleted: boolean;
}

export class PipelineQuery {
  constructor(private readonly readModels: Pick<Views, 'get' | 'page'>) {}

  async byId(project: string, pipelineId: string): Promise<StoredView<PipelineDocument> | undefined> {
    return storedView(await this.readModels.get(PIPELINES, documentId(project, pipelineId)));
  }

  /** The one that has the name now. */
  async byName(project: string, name: string): Promise<StoredView<PipelineDocument> | undefined> {
    const page = await this.readModels.page(PIPELINES, { index: 'byName', equals: [project, name], limit: 1 });
    return viewPage<PipelineDocument>(page).items[0];
  }

  /** Undefined for no name. A name that nobody has is an id that nothing has, so that a list of its things is empty. */
  async idByName(project: string, name: string | undefined): Promise<string | undefined> {
    if (name === undefined) return undefined;
    return (await this.byName(project, name))?.document.pipelineId ?? '';
  }

  async page(project: string, wish: PipelineListWish): Promise<ViewPage<PipelineDocument>> {
    if (wish.search === undefined) return this.read(project, wish, wish.first, wish.after);
    return this.search(project, wish, wish.search.toLowerCase());
  }

  async versions(project: string, pipelineId: string, wish: PageWish): Promise<ViewPage<PipelineVersionDocument>> {
    const page = this.readModels.page(VERSIONS, {
      index: 'byPipeline',
      equals: [project, pipelineId],
      limit: wish.first,
      direction: 'descending',
      ...(wish.after === undefined ? {} : { after: wish.after }),
    });
    return viewPage(await ofOwnCursor(page));
  }

  async version(project: string, pipelineId: string, version: number): Promise<PipelineVersionDocument | undefined> {
    const stored = await this.readModels.get(VERSIONS, documentId(project, versionKey(pipelineId, version)));
    return storedView<PipelineVersionDocument>(stored)?.document;
  }

  private async read(
    project: string,
    { deleted }: PipelineListWish,
    limit: number,
    after: string | undefined,
  ): Promise<ViewPage<PipelineDocument>> {
    const page = this.readModels.page(PIPELINES, {
      index: deleted ? 'byDeletion' : 'byName',
      equals: [project],
      limit,
      direction: deleted ? 'descending' : 'ascending',
      ...(after === undefined ? {} : { after }),
    });
    return viewPage(await ofOwnCursor(page));
  }

  /** No index finds a text within names: the names are read in their order, a bounded number of them. */
  private async search(project: string, wish: PipelineListWish, text: string): Promise<ViewPage<PipelineDocument>> {
    const found: ViewItem<PipelineDocument>[] = [];
    let after = wish.after;
    for (let searched = 0; searched < SEARCHED_MAX; searched += SEARCH_PAGE) {
      const page = await this.read(project, wish, SEARCH_PAGE, after);
      for (const [index, item] of page.items.entries()) {
        after = item.cursor;
        if (item.document.name.toLowerCase().includes(text)) found.push(item);
        const hasMore = page.hasMore || index + 1 < page.items.length;
        if (found.length === wish.first) return { items: found, hasMore, endCursor: item.cursor };
      }
      if (!page.hasMore) return { items: found, hasMore: false };
    }
    return { items: found, hasMore: true, ...(after === undefined ? {} : { endCursor: after }) };
  }
}
