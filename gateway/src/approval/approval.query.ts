import type { Views } from '@millrace/read-models';
import { storedView, viewPage, type PageWish, type StoredView, type ViewPage } from '../views/connection.js';
import { ofOwnCursor } from '../views/input.js';
import { documentId } from '../views/view-projection.js';
import type { ApprovalDocument } from './approval.document.js';
import { APPROVALS } from './approvals.projection.js';

export class ApprovalQuery {
  constructor(private readonly readModels: Pick<Views, 'get' | 'page'>) {}

  async byId(project: string, actionExecutionId: string): Promise<StoredView<ApprovalDocument> | undefined> {
    return storedView(await this.readModels.get(APPROVALS, documentId(project, actionExecutionId)));
  }

  /** Latest first. */
  async page(project: string, wish: PageWish & { readonly pending: boolean }): Promise<ViewPage<ApprovalDocument>> {
    const page = this.readModels.page(APPROVALS, {
      ...(wish.pending
        ? { index: 'byStatus', equals: [project, 'Pending'] }
        : { index: 'byRequest', equals: [project] }),
      limit: wish.first,
      direction: 'descending',
      ...(wish.after === undefined ? {} : { after: wish.after }),
    });
    return viewPage(await ofOwnCursor(page));
  }
}
