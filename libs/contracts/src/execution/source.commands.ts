import type { Command } from '@millrace/decider';
import type { ActionError, CommitRecord, RevisionInfo } from './values.js';

/** Decided by the stream `source-<project>/<pipelineId>.<action>`. Target of the message bus: `source`. */
export type SourceCommand =
  | Command<
      'RecordLook',
      LookTarget & {
        readonly by: 'poll' | 'webhook' | 'request';
        readonly revision: RevisionInfo;
        readonly commits: readonly CommitRecord[];
      }
    >
  | Command<'RecordLookFailure', LookTarget & { readonly error: ActionError }>;

export interface LookTarget {
  readonly pipelineId: string;
  readonly pipelineName: string;
  readonly actionName: string;
}

export type SourceRefusal = never;
