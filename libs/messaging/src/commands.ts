import type { RefusalDetail } from '@millrace/decider';
import type { Fact, JsonObject } from '@millrace/contracts';
import type { Envelope, Position } from '@millrace/event-store';

/** The context that owns the decision. */
export type CommandTarget =
  'pipeline-definition' | 'traffic' | 'execution' | 'source' | 'approval' | 'artifact' | 'access';

export interface AddressedCommand {
  readonly target: CommandTarget;
  readonly type: string;
  readonly data: JsonObject;
  /** For commands that are decided by an execution's stream; goes into the envelope. */
  readonly executionId?: string;
}

/** At most one for a command. */
export type CommandReply =
  | { readonly accepted: true; readonly position: Position | undefined; readonly events: readonly Fact[] }
  | {
      readonly accepted: false;
      readonly code: string;
      readonly message: string;
      readonly details?: readonly RefusalDetail[];
    };

/** Carries commands to their owners. */
export interface Commands {
  /**
   * @throws OperationalError when no answer came; with `mayHaveHappened`, sending the same envelope again is safe and is what to do.
   */
  send(command: AddressedCommand, envelope: Envelope): Promise<CommandReply>;
}

export type CommandReceiver = (command: AddressedCommand, envelope: Envelope) => Promise<CommandReply>;

/** One process: a command is a call. */
export function directCommands(receivers: ReadonlyMap<CommandTarget, CommandReceiver>): Commands {
  return {
    async send(command, envelope) {
      const receiver = receivers.get(command.target);
      if (receiver === undefined) throw new Error(`No service receives commands for ${command.target}.`);
      return receiver(command, envelope);
    },
  };
}
