export * from './execution.events.js';
export * from './execution.commands.js';
export * from './traffic.events.js';
export * from './traffic.commands.js';
export * from './source.events.js';
export * from './source.commands.js';
export * from './values.js';
