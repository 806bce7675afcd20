import { ask } from '../../api/client.js';
import { EarlierExecutions, type CommitLine, type EarlierExecutionsResult } from '../../api/generated/operations.js';

type Earlier = EarlierExecutionsResult['executions']['nodes'][number];

export interface CommitsSince {
  readonly commits: readonly CommitLine[];
  /** The last one that went through; undefined when there was none within what was looked at. */
  readonly since: { readonly id: string; readonly ordinal: number } | undefined;
}

/** Executions that are looked at, at most; each may carry 250 commits. */
const PAGES_MAX = 4;

interface Carrier {
  readonly id: string;
  readonly pipelineId: string;
  readonly ordinal: number;
}

/**
 * The commits that are new since the last execution that succeeded, or passed a stage: those that were seen with this execution and
 * with those between, which never went through.
 *
 * @param stage - what the last one has to have passed; the whole pipeline without it.
 */
export async function commitsSince(
  carrier: Carrier,
  stage: string | undefined,
  signal: AbortSignal,
): Promise<CommitsSince> {
  const commits = new Map<string, CommitLine>();
  for (let page = 0, after: string | undefined; page < PAGES_MAX; page += 1) {
    const { executions } = await ask(EarlierExecutions, { pipelineId: carrier.pipelineId, after }, signal);
    for (const earlier of executions.nodes) {
      if (earlier.ordinal > carrier.ordinal) continue;
      if (earlier.id !== carrier.id && hasPassed(earlier, stage))
        return { commits: [...commits.values()], since: earlier };
      for (const commit of earlier.sourceRevisions.flatMap((each) => each.commits)) commits.set(commit.id, commit);
    }
    if (!executions.pageInfo.hasNextPage) break;
    after = executions.pageInfo.endCursor ?? undefined;
  }
  return { commits: [...commits.values()], since: undefined };
}

function hasPassed({ status, stages }: Earlier, stage: string | undefined): boolean {
  if (stage === undefined) return status === 'Succeeded';
  return stages.some((each) => each.name === stage && each.status === 'Succeeded');
}
