import { streams } from '@millrace/contracts';
import { executionEventTypes, type ExecutionEvent, type ExecutionStarted } from '@millrace/contracts/execution';
import type { FirstEvents } from '@millrace/messaging';

/** What an execution began with, which never changes. Undefined when there is no such execution. */
export async function executionStart(
  first: FirstEvents,
  project: string,
  executionId: string,
): Promise<ExecutionStarted | undefined> {
  const event = await first(streams.execution(project, executionId));
  const fact = event === undefined ? undefined : executionEventTypes.decode<ExecutionEvent>(event);
  return fact?.type === 'ExecutionStarted' ? fact.data : undefined;
}
