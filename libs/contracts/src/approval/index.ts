export * from './approval.events.js';
export * from './approval.commands.js';
