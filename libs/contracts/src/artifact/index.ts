export * from './artifact.events.js';
export * from './artifact.commands.js';
