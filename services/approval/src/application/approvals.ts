import { streams } from '@millrace/contracts';
import { approvalEventTypes, type ApprovalCommand } from '@millrace/contracts/approval';
import { commandHandler, type Envelope } from '@millrace/event-store';
import { firstEvents, type CommandReceiver } from '@millrace/messaging';
import { approvalDecider } from '../domain/approval.decider.js';
import type { ApprovalPorts } from './ports.js';

/** Receives the commands of the target `approval`. */
export function approvals({ store, clock, fault }: Pick<ApprovalPorts, 'store' | 'clock' | 'fault'>): CommandReceiver {
  const handle = commandHandler({
    store,
    decider: approvalDecider,
    types: approvalEventTypes,
    clock,
    ...(fault === undefined ? {} : { fault }),
  });
  const first = firstEvents(store);
  return async ({ type, data }, envelope) => {
    const command = { type, data } as unknown as Pick<ApprovalCommand, 'type' | 'data'>;
    const stream = streams.approval(envelope.project, command.data.actionExecutionId);
    // Who holds only a token doesn't know the pipeline; the request does, and every fact of a stream has the same message key.
    const request = envelope.pipelineId === undefined ? await first(stream) : undefined;
    return handle(command, { ...envelope, ...belongingOf(request?.metadata), stream });
  };
}

function belongingOf(metadata: Pick<Envelope, 'pipelineId' | 'executionId'> | undefined): Partial<Envelope> {
  return {
    ...(metadata?.pipelineId === undefined ? {} : { pipelineId: metadata.pipelineId }),
    ...(metadata?.executionId === undefined ? {} : { executionId: metadata.executionId }),
  };
}
