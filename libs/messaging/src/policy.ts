import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import type { RecordedEvent } from '@millrace/event-store';
import type { AddressedCommand, Commands } from './commands.js';
import type { MessageHandler } from './messages.js';

/** What a policy wants done. */
export type PolicyCommand = AddressedCommand;

export interface PolicyOptions {
  /** Goes into the command ids; never reused. */
  readonly name: string;
  readonly commands: Commands;
  /** Pure, or reads only what can never change (a definition's version). */
  readonly decide: (event: RecordedEvent) => readonly PolicyCommand[] | Promise<readonly PolicyCommand[]>;
  /** Refusals that are normal here (the other side has moved on); others are errors and are tried again. Default: every refusal is normal. */
  readonly onRefused?: (command: PolicyCommand, refusal: { readonly code: string; readonly message: string }) => void;
}

/** Turns a policy into a message handler: each command has the id UUIDv5(event id, policy, index), so repeating is absorbed by its target (docs/decisions/0011). */
export function policyConsumer(options: PolicyOptions): MessageHandler {
  const service: Actor = { kind: 'service', id: options.name, name: options.name, issuer: 'millrace' };
  return async ({ event }) => {
    const wanted = await options.decide(event);
    for (const [index, command] of wanted.entries()) {
      const { metadata } = event;
      const reply = await options.commands.send(command, {
        commandId: uuidV5(NAMESPACES.policy, metadata.id, options.name, index),
        project: metadata.project,
        ...(metadata.pipelineId === undefined ? {} : { pipelineId: metadata.pipelineId }),
        ...((command.executionId ?? metadata.executionId) === undefined
          ? {}
          : { executionId: command.executionId ?? metadata.executionId }),
        actor: { ...service, onBehalfOf: metadata.actor.onBehalfOf ?? metadata.actor },
        correlationId: metadata.correlationId,
        causationId: metadata.id,
        ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
      });
      if (!reply.accepted) options.onRefused?.(command, reply);
    }
  };
}
