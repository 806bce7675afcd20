export type { AddressedCommand, CommandReceiver, Commands, CommandReply, CommandTarget } from './commands.js';
export { directCommands } from './commands.js';
export type {
  ConsumerOptions,
  Message,
  MessageHandler,
  Messages,
  ParkedMessage,
  Subscription,
  ConsumerStatus,
} from './messages.js';
export { policyConsumer } from './policy.js';
export type { PolicyCommand, PolicyOptions } from './policy.js';
