import { eventTypes } from '../event.js';
import type { ActionError, CommitRecord, RevisionInfo } from './values.js';

/** Facts of one source action's remote. Stream: `source-<project>/<pipelineId>.<action>`. A released shape is never edited. */
export type SourceEvent =
  | { readonly type: 'RevisionSeen'; readonly data: RevisionSeen }
  | {
      readonly type: 'SourceFailing';
      readonly data: { readonly pipelineName: string; readonly actionName: string; readonly error: ActionError };
    }
  | { readonly type: 'SourceRecovered'; readonly data: { readonly pipelineName: string; readonly actionName: string } };

export interface RevisionSeen {
  readonly pipelineName: string;
  readonly actionName: string;
  /** How it was noticed. */
  readonly by: 'poll' | 'webhook' | 'request';
  readonly revision: RevisionInfo;
  readonly previousRevisionId?: string;
  /** New since the previous revision, newest first; 250 at most. */
  readonly commits: readonly CommitRecord[];
}

export const sourceEventTypes = eventTypes<SourceEvent['type']>('execution', {
  RevisionSeen: 1,
  SourceFailing: 1,
  SourceRecovered: 1,
});
