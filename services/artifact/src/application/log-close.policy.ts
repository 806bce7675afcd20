import type { ActionLogs } from '@millrace/action-logs';
import {
  executionEventTypes,
  type ActionFinished,
  type ExecutionEvent,
  type ExecutionStarted,
} from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand, FirstEvents } from '@millrace/messaging';
import { executionStart } from './execution-start.js';

export const LOG_CLOSE = {
  name: 'artifact.log-close.v1',
  categories: ['execution'],
  eventTypes: ['ActionFinished'],
} as const;

/** The log of an action that has ended is closed, then recorded. Closing again answers the same, so it is safe to repeat. */
export function logClosePolicy(
  logs: ActionLogs,
  first: FirstEvents,
): (event: RecordedEvent) => Promise<AddressedCommand[]> {
  return async (event) => {
    const fact = executionEventTypes.decode<ExecutionEvent>(event);
    if (fact.type !== 'ActionFinished') return [];
    const { project, executionId } = event.metadata;
    const execution = executionId === undefined ? undefined : await executionStart(first, project, executionId);
    if (execution === undefined)
      throw new Error(`Event ${event.metadata.id} belongs to no execution that was started.`);
    if (isApproval(fact.data, execution)) return [];
    const { stage, action, actionExecutionId } = fact.data;
    const closed = await logs.close({ project, executionId: execution.executionId, actionExecutionId });
    // Who has written nothing has no log: there are no bytes to be kept, checked or removed, and nothing to be said of them.
    if (closed.bytes === 0) return [];
    const producer = { executionId: execution.executionId, pipelineName: execution.pipelineName, stage, action };
    return [{ target: 'artifact', type: 'RecordLogClosed', data: { ...producer, actionExecutionId, ...closed } }];
  };
}

/** People write no log. */
function isApproval({ stage, action }: ActionFinished, { stages }: ExecutionStarted): boolean {
  const outline = stages.find(({ name }) => name === stage)?.actions.find(({ name }) => name === action);
  return outline?.actionTypeId.category === 'Approval';
}
