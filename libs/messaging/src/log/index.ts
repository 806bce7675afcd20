export { LogMessages } from './log-messages.js';
export type { LogMessagesOptions } from './log-messages.js';
