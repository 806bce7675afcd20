import type { CommandHandlerOptions, EventStore } from '@millrace/event-store';
import type { Commands } from '@millrace/messaging';
import type { Views } from '@millrace/read-models';
import type { Clock, Logger, Timers } from '@millrace/runtime';
import type { ApprovalCommand, ApprovalEvent, ApprovalRefusal } from '@millrace/contracts/approval';
import type { Approval } from '../domain/approval.state.js';

/** What the service needs of its surroundings. */
export interface ApprovalPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  /** To the execution, and for its own deadlines to itself. */
  readonly commands: Commands;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly fault?: CommandHandlerOptions<ApprovalCommand, Approval, ApprovalEvent, ApprovalRefusal>['fault'];
}
