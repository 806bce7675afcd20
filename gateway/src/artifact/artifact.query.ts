import type { Views } from '@millrace/read-models';
import { storedView, viewPage, type PageWish, type ViewPage } from '../views/connection.js';
import { ofOwnCursor } from '../views/input.js';
import { documentId } from '../views/view-projection.js';
import type { ArtifactDocument } from './artifact.document.js';
import { ARTIFACTS } from './artifacts.projection.js';

export class ArtifactQuery {
  constructor(private readonly readModels: Pick<Views, 'get' | 'page'>) {}

  async byId(project: string, artifactId: string): Promise<ArtifactDocument | undefined> {
    return storedView<ArtifactDocument>(await this.readModels.get(ARTIFACTS, documentId(project, artifactId)))
      ?.document;
  }

  /** In the order of their storing. */
  async page(project: string, executionId: string, wish: PageWish): Promise<ViewPage<ArtifactDocument>> {
    const page = this.readModels.page(ARTIFACTS, {
      index: 'byExecution',
      equals: [project, executionId],
      limit: wish.first,
      ...(wish.after === undefined ? {} : { after: wish.after }),
    });
    return viewPage(await ofOwnCursor(page));
  }
}
