import type { AddressedCommand } from './commands.js';

/** What the command's envelope takes from the event that set the deadline. */
export interface DeadlineFacts {
  readonly project: string;
  readonly pipelineId?: string;
  readonly executionId?: string;
  readonly correlationId: string;
  readonly causationId?: string;
}

/** From this event on, `command` is wanted at `dueAt`. Setting the same id again moves it. */
export interface SetDeadline extends DeadlineFacts {
  /** Unique among all deadlines for ever, since the command's id is derived from it; e.g. `approval.<actionExecutionId>`. */
  readonly id: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly dueAt: string;
  readonly command: AddressedCommand;
}

/** From this event on, the command has no purpose any more. */
export interface ClearDeadline {
  readonly id: string;
}

export type DeadlineChange = SetDeadline | ClearDeadline;
