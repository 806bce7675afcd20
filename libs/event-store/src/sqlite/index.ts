export { SqliteEventStore } from './sqlite-event-store.js';
export type { SqliteEventStoreOptions } from './sqlite-event-store.js';
export { lockDirectory } from './directory-lock.js';
export type { DirectoryLock } from './directory-lock.js';
export { readHeadFile } from './witnesses.js';
export type { Witness } from './witnesses.js';
export { SqliteLogReader } from './sqlite-log-reader.js';
