import type { KnownEvent } from '@millrace/contracts/known-event';
import { webUrl } from './declared-stages.js';
import { changeAction } from './pipeline-stages.js';
import type { ActionDocument, PipelineDocument } from './pipeline.document.js';

/** An approval's token can be seen as long as it is good. */
export function foldApproval(pipeline: PipelineDocument, event: KnownEvent): PipelineDocument {
  switch (event.type) {
    case 'ApprovalRequested': {
      const { stage, action, actionExecutionId, externalEntityLink, expiresAt } = event.data;
      const link = webUrl(externalEntityLink);
      return changeAction(pipeline, { stage, action, actionExecutionId }, (before) => ({
        ...before,
        ...(link === undefined ? {} : { entityUrl: link }),
        ...(before.latest?.status === 'InProgress'
          ? { latest: { ...before.latest, token: actionExecutionId, dueAt: expiresAt } }
          : {}),
      }));
    }
    case 'ApprovalGranted':
    case 'ApprovalDenied':
    case 'ApprovalLapsed':
    case 'ApprovalWithdrawn':
      return changeAction(pipeline, event.data, withoutToken);
    default:
      return pipeline;
  }
}

function withoutToken(action: ActionDocument): ActionDocument {
  if (action.latest === undefined) return action;
  const { token: _token, ...latest } = action.latest;
  return { ...action, latest };
}
