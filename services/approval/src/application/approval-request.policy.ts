import { streams, type JsonObject } from '@millrace/contracts';
import type { ApprovalTerms } from '@millrace/contracts/approval';
import {
  executionEventTypes,
  type ActionFinished,
  type ActionStarted,
  type ExecutionEvent,
  type ExecutionStarted,
} from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand, FirstEvents } from '@millrace/messaging';

/** What an execution says of an approval that it has ended by itself (codepipeline-semantics, section 9). */
const CANCELED = 'The approval action has been canceled.';

/** One policy for both, since they must not overtake each other: a withdrawal that came first would leave a request behind for ever. */
export const APPROVAL_REQUEST = {
  name: 'approval.request.v1',
  categories: ['execution'],
  eventTypes: ['ActionStarted', 'ActionFinished'],
} as const;

/** A started approval is asked for; one that its execution has given up is taken back. */
export function approvalRequestPolicy(first: FirstEvents): (event: RecordedEvent) => Promise<AddressedCommand[]> {
  return async (event) => {
    const fact = executionEventTypes.decode<ExecutionEvent>(event);
    if (fact.type !== 'ActionStarted' && fact.type !== 'ActionFinished') return [];
    if (fact.type === 'ActionStarted' && fact.data.work !== 'approval') return [];
    if (fact.type === 'ActionFinished' && !isGivenUp(fact.data)) return [];
    const execution = await executionOf(event, first);
    return [fact.type === 'ActionStarted' ? request(fact.data, execution) : withdrawal(fact.data, execution)];
  };
}

/** Of every action kind that ends like this: a withdrawal of what was never requested is refused, which is harmless. */
function isGivenUp({ status, summary }: ActionFinished): boolean {
  return status === 'Abandoned' || (status === 'Failed' && summary === CANCELED);
}

function request(started: ActionStarted, execution: ExecutionStarted): AddressedCommand {
  const { CustomData: customData, ExternalEntityLink: externalEntityLink, IsSummaryRequired } = started.configuration;
  const terms: ApprovalTerms = {
    actionExecutionId: started.actionExecutionId,
    executionId: execution.executionId,
    pipelineName: execution.pipelineName,
    stage: started.stage,
    action: started.action,
    ...(customData === undefined ? {} : { customData }),
    ...(externalEntityLink === undefined ? {} : { externalEntityLink }),
    summaryRequired: IsSummaryRequired === 'true',
    expiresAt: started.dueAt,
  };
  return { target: 'approval', type: 'RequestApproval', data: { ...terms } satisfies JsonObject };
}

function withdrawal({ actionExecutionId, status }: ActionFinished, execution: ExecutionStarted): AddressedCommand {
  const reason =
    status === 'Abandoned'
      ? 'The execution was stopped'
      : `The pipeline ${execution.pipelineName} has been updated or deleted`;
  return { target: 'approval', type: 'WithdrawApproval', data: { actionExecutionId, reason } };
}

async function executionOf(event: RecordedEvent, first: FirstEvents): Promise<ExecutionStarted> {
  const { project, executionId } = event.metadata;
  const started = executionId === undefined ? undefined : await first(streams.execution(project, executionId));
  const fact = started === undefined ? undefined : executionEventTypes.decode<ExecutionEvent>(started);
  if (fact?.type !== 'ExecutionStarted')
    throw new Error(`Event ${event.metadata.id} belongs to no execution that was started.`);
  return fact.data;
}
