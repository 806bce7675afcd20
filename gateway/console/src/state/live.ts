import { ask } from '../api/client.js';
import {
  ApprovalsChanged,
  ExecutionChanged,
  ExecutionNow,
  PendingApprovals,
  PipelineChanged,
  PipelineIds,
  PipelineNow,
  PipelineRows,
  PipelinesChanged,
  type ApprovalsChangedResult,
  type ApprovalState,
  type ExecutionChangedResult,
  type ExecutionState,
  type Operation,
  type PipelineChangedResult,
  type PipelineRow,
  type PipelinesChangedResult,
  type PipelineState,
} from '../api/generated/operations.js';
import type { Feed } from './connection.js';
import { useConsole, useDocument, useDocuments, useFeed, useIsWhole } from './console-state.js';
import type { Documents } from './documents.js';

function named(operation: Operation<never, never>): Pick<Feed, 'text' | 'operationName'> {
  return { text: operation.text, operationName: operation.name };
}
const of = (operation: Operation<unknown, never>) => named(operation as Operation<never, never>);

/** Every pipeline as a row of the dashboard. `isWhole`: all of them are there. */
export function usePipelineRows(): { readonly rows: ReadonlyMap<string, PipelineRow>; readonly isWhole: boolean } {
  const { documents } = useConsole();
  useFeed('rows', () => ({
    ...of(PipelinesChanged),
    variables: () => ({}),
    next: (data) => {
      const { pipelineId, pipeline } = (data as PipelinesChangedResult).pipelinesChanged;
      if (pipeline === null) documents.remove('row', pipelineId);
      else documents.put('row', pipelineId, pipeline);
    },
    refresh: () => readRows(documents),
  }));
  return { rows: useDocuments('row'), isWhole: useIsWhole('row') };
}

/** The first page whole, so that something is seen at once; of the others the ids: the subscription brings them. */
async function readRows(documents: Documents): Promise<void> {
  const known = new Set(documents.all('row').keys());
  const { pipelines: first } = await ask(PipelineRows, {});
  for (const row of first.nodes) documents.put('row', row.id, row);
  const there = new Set(first.nodes.map(({ id }) => id));
  for (let page = first.pageInfo; page.hasNextPage;) {
    const { pipelines } = await ask(PipelineIds, { after: page.endCursor ?? undefined });
    for (const { id } of pipelines.nodes) there.add(id);
    page = pipelines.pageInfo;
  }
  for (const id of known) if (!there.has(id)) documents.remove('row', id);
  documents.setWhole('row');
}

export function usePipeline(name: string): PipelineState | null | undefined {
  const { documents } = useConsole();
  useFeed(`pipeline/${name}`, () => ({
    ...of(PipelineChanged),
    variables: () => ({ name }),
    next: (data) => void documents.put('pipeline', name, (data as PipelineChangedResult).pipelineChanged),
    refresh: async () => void documents.put('pipeline', name, (await ask(PipelineNow, { name })).pipeline),
  }));
  return useDocument('pipeline', name);
}

export function useExecution(id: string): ExecutionState | null | undefined {
  const { documents } = useConsole();
  useFeed(`execution/${id}`, () => ({
    ...of(ExecutionChanged),
    variables: () => ({ id }),
    next: (data) => void documents.put('execution', id, (data as ExecutionChangedResult).executionChanged),
    refresh: async () => void documents.put('execution', id, (await ask(ExecutionNow, { id })).execution),
  }));
  return useDocument('execution', id);
}

/** All approvals that wait, those that lapse first first; and, for as long as they are in sight, those that were answered meanwhile. */
export function useApprovals(): { readonly approvals: ReadonlyMap<string, ApprovalState>; readonly isWhole: boolean } {
  const { documents } = useConsole();
  useFeed('approvals', () => ({
    ...of(ApprovalsChanged),
    variables: () => ({}),
    next: (data) => {
      const approval = (data as ApprovalsChangedResult).approvalsChanged;
      documents.put('approval', approval.id, approval);
    },
    refresh: () => readApprovals(documents),
  }));
  return { approvals: useDocuments('approval'), isWhole: useIsWhole('approval') };
}

/** What was pending here and is not any more was answered while nobody followed. */
async function readApprovals(documents: Documents): Promise<void> {
  const pending = [...documents.all('approval').values()].filter(({ status }) => status === 'Pending');
  const there = new Set<string>();
  for (let after: string | undefined, more = true; more;) {
    const { approvals } = await ask(PendingApprovals, { after });
    for (const approval of approvals.nodes) {
      there.add(approval.id);
      documents.put('approval', approval.id, approval);
    }
    more = approvals.pageInfo.hasNextPage;
    after = approvals.pageInfo.endCursor ?? undefined;
  }
  for (const { id } of pending) if (!there.has(id)) documents.remove('approval', id);
  documents.setWhole('approval');
}
