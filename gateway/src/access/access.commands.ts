import { streams } from '@millrace/contracts';
import { tokenEventTypes, type TokenCommand } from '@millrace/contracts/access';
import { commandHandler, type EventStore } from '@millrace/event-store';
import type { CommandReceiver } from '@millrace/messaging';
import type { Clock } from '@millrace/runtime';
import { tokenDecider } from './token.decider.js';

/** Receives the commands of the target `access`. Their data was checked where it came in. */
export function accessReceiver(store: EventStore, clock: Clock): CommandReceiver {
  const handle = commandHandler({ store, clock, decider: tokenDecider, types: tokenEventTypes });
  return async (command, envelope) => {
    const token = command as unknown as Pick<TokenCommand, 'type' | 'data'>;
    return handle(token, { ...envelope, stream: streams.token(envelope.project, token.data.tokenId) });
  };
}
