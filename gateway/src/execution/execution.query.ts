import type { CommitRecord, ExecutionStatus } from '@millrace/contracts/execution';
import type { IndexValue, Views } from '@millrace/read-models';
import { storedView, viewPage, type PageWish, type StoredView, type ViewPage } from '../views/connection.js';
import { ofOwnCursor } from '../views/input.js';
import { documentId } from '../views/view-projection.js';
import type { AttemptDocument, ExecutionDocument, SeenRevisionDocument } from './execution.document.js';
import { EXECUTIONS } from './executions.projection.js';
import { SEEN_REVISIONS } from './seen-revisions.projection.js';

export interface ExecutionListWish extends PageWish {
  readonly pipelineId?: string | undefined;
  readonly status?: ExecutionStatus | undefined;
}

export class ExecutionQuery {
  constructor(private readonly readModels: Pick<Views, 'get' | 'page'>) {}

  async byId(project: string, executionId: string): Promise<StoredView<ExecutionDocument> | undefined> {
    return storedView(await this.readModels.get(EXECUTIONS, documentId(project, executionId)));
  }

  /** Latest first, whatever is asked for: one index for each wish. */
  async page(project: string, wish: ExecutionListWish): Promise<ViewPage<ExecutionDocument>> {
    const page = this.readModels.page(EXECUTIONS, {
      ...indexFor(project, wish),
      limit: wish.first,
      direction: 'descending',
      ...(wish.after === undefined ? {} : { after: wish.after }),
    });
    return viewPage(await ofOwnCursor(page));
  }

  /** The latest attempt of an action in an execution. */
  async latestAttempt(
    project: string,
    of: { readonly executionId: string; readonly stage: string; readonly action: string },
  ): Promise<AttemptDocument | undefined> {
    const execution = await this.byId(project, of.executionId);
    return execution?.document.stages
      .find(({ name }) => name === of.stage)
      ?.actions.find(({ name }) => name === of.action)
      ?.attempts.at(-1);
  }

  async attempt(project: string, executionId: string, actionExecutionId: string): Promise<AttemptDocument | undefined> {
    const execution = await this.byId(project, executionId);
    const attempts = execution?.document.stages.flatMap(({ actions }) => actions.flatMap((action) => action.attempts));
    return attempts?.find((attempt) => attempt.actionExecutionId === actionExecutionId);
  }

  /** What was new when the revision was seen: by the look that started the execution, else by the latest look that saw it. */
  async commits(
    project: string,
    of: {
      readonly pipelineId: string;
      readonly actionName: string;
      readonly revisionId: string;
      readonly causedBy: string | undefined;
    },
  ): Promise<readonly CommitRecord[]> {
    const { pipelineId, actionName, revisionId, causedBy } = of;
    const stored =
      causedBy === undefined
        ? undefined
        : storedView<SeenRevisionDocument>(await this.readModels.get(SEEN_REVISIONS, documentId(project, causedBy)));
    const cause = stored?.document;
    if (cause?.actionName === actionName && cause.revisionId === revisionId) return cause.commits;
    const page = await this.readModels.page(SEEN_REVISIONS, {
      index: 'byRevision',
      equals: [project, pipelineId, actionName, revisionId],
      limit: 1,
      direction: 'descending',
    });
    return viewPage<SeenRevisionDocument>(page).items[0]?.document.commits ?? [];
  }
}

function indexFor(
  project: string,
  { pipelineId, status }: ExecutionListWish,
): { readonly index: string; readonly equals: readonly IndexValue[] } {
  if (pipelineId !== undefined && status !== undefined)
    return { index: 'byPipelineStatus', equals: [project, pipelineId, status] };
  if (pipelineId !== undefined) return { index: 'byPipeline', equals: [project, pipelineId] };
  if (status !== undefined) return { index: 'byStatus', equals: [project, status] };
  return { index: 'byStart', equals: [project] };
}
