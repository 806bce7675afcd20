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
export { deadlineFacts, deadlineKeeper, deadlineProjection } from './deadlines.js';
export type { DeadlineKeeper, DeadlineKeeperOptions, DeadlineKeeperStatus } from './deadlines.js';
export type { ClearDeadline, DeadlineChange, DeadlineFacts, SetDeadline } from './deadline.js';
export { firstEvents } from './first-events.js';
export type { FirstEvents } from './first-events.js';
