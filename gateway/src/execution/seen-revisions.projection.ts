import { viewProjection } from '../views/view-projection.js';
import type { SeenRevisionDocument } from './execution.document.js';

export const SEEN_REVISIONS = 'seen-revisions';

/** What was new each time a source's new revision was seen. */
export const seenRevisionsProjection = viewProjection<SeenRevisionDocument>({
  name: 'execution.seen-revisions.v1',
  collection: {
    name: SEEN_REVISIONS,
    indexes: [{ name: 'byRevision', fields: ['project', 'pipelineId', 'actionName', 'revisionId', 'seenAt'] }],
  },
  categories: ['source'],
  key: (event, { metadata }) => (event.type === 'RevisionSeen' ? metadata.id : undefined),
  fold: (document, event, { metadata }) => {
    if (event.type !== 'RevisionSeen') return document;
    const { actionName, revision, commits } = event.data;
    return {
      project: metadata.project,
      pipelineId: metadata.pipelineId ?? '',
      actionName,
      revisionId: revision.revisionId,
      seenAt: metadata.time,
      commits,
    };
  },
});
