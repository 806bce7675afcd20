import { accept, type Decider, type Decision } from '@millrace/decider';
import type { SourceCommand, SourceEvent } from '@millrace/contracts/execution';

/** A source action's remote as it was seen last. Plain JSON: it is kept in snapshots. */
export interface Source {
  readonly revisionId?: string;
  readonly failing?: { readonly code: string; readonly message: string };
}

type Outcome = Decision<SourceEvent, never>;

function decide(command: SourceCommand, source: Source): Outcome {
  switch (command.type) {
    case 'RecordLook':
      return recordLook(command.data, source);
    case 'RecordLookFailure':
      return recordFailure(command.data, source);
  }
}

function recordLook(data: Extract<SourceCommand, { type: 'RecordLook' }>['data'], source: Source): Outcome {
  const { pipelineName, actionName, by, revision, commits } = data;
  const recovered: SourceEvent[] =
    source.failing === undefined ? [] : [{ type: 'SourceRecovered', data: { pipelineName, actionName } }];
  // Poll and webhook may both see one push: what equals the cursor starts nothing (docs/decisions/0024).
  if (revision.revisionId === source.revisionId) return accept(...recovered);
  const previous = source.revisionId === undefined ? {} : { previousRevisionId: source.revisionId };
  return accept<SourceEvent>(...recovered, {
    type: 'RevisionSeen',
    data: { pipelineName, actionName, by, revision, ...previous, commits },
  });
}

/** Only changes of health are facts; a remote that stays away is not told twice. */
function recordFailure(
  { pipelineName, actionName, error }: Extract<SourceCommand, { type: 'RecordLookFailure' }>['data'],
  source: Source,
): Outcome {
  if (source.failing?.code === error.code && source.failing.message === error.message) return accept();
  return accept({ type: 'SourceFailing', data: { pipelineName, actionName, error } });
}

function evolve(source: Source, event: SourceEvent): Source {
  switch (event.type) {
    case 'RevisionSeen':
      return { ...source, revisionId: event.data.revision.revisionId };
    case 'SourceFailing':
      return { ...source, failing: event.data.error };
    case 'SourceRecovered': {
      const { failing: _, ...healthy } = source;
      return healthy;
    }
  }
}

export const sourceDecider: Decider<SourceCommand, Source, SourceEvent, never> = {
  name: 'source',
  version: 1,
  initial: {},
  decide,
  evolve,
};
