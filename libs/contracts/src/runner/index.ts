export * from './protocol.js';
export * from './jobs.js';
