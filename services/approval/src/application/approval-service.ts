import {
  deadlineKeeper,
  firstEvents,
  policyConsumer,
  type CommandReceiver,
  type CommandTarget,
  type DeadlineKeeper,
  type Messages,
  type Subscription,
} from '@millrace/messaging';
import type { Projection } from '@millrace/read-models';
import { APPROVAL_OUTCOME, approvalOutcomePolicy } from './approval-outcome.policy.js';
import { APPROVAL_REQUEST, approvalRequestPolicy } from './approval-request.policy.js';
import { APPROVAL_DEADLINES } from './approval.deadlines.js';
import { approvals } from './approvals.js';
import { projections } from '../projections.js';
import type { ApprovalPorts } from './ports.js';

/** The service, composed and not yet running. */
export interface ApprovalService {
  readonly receivers: ReadonlyMap<CommandTarget, CommandReceiver>;
  /** To be given to the Projector. */
  readonly projections: readonly Projection[];
  readonly deadlines: DeadlineKeeper;
  /** Commands must be carried from here on: policies and deadlines send some at once. */
  start(messages: Messages): Promise<void>;
  /** Resolves when nothing of it is under way. */
  stop(): Promise<void>;
}

export function createApprovalService(ports: ApprovalPorts): ApprovalService {
  const { commands } = ports;
  const deadlines = deadlineKeeper({ ...ports, ...APPROVAL_DEADLINES });
  const request = policyConsumer({
    name: APPROVAL_REQUEST.name,
    commands,
    decide: approvalRequestPolicy(firstEvents(ports.store)),
  });
  const outcome = policyConsumer({ name: APPROVAL_OUTCOME.name, commands, decide: approvalOutcomePolicy });
  let subscriptions: readonly Subscription[] = [];
  return {
    receivers: new Map([['approval', approvals(ports)]]),
    projections,
    deadlines,
    async start(messages) {
      subscriptions = [
        await messages.subscribe(APPROVAL_REQUEST, request),
        await messages.subscribe(APPROVAL_OUTCOME, outcome),
      ];
      await deadlines.start();
    },
    async stop() {
      await Promise.all([...subscriptions.map((subscription) => subscription.stop()), deadlines.stop()]);
    },
  };
}
