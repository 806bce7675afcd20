export { LOG_READ_BYTES, LOG_READ_BYTES_MAX } from './action-logs.js';
export type { ActionLogs, ClosedLog, LogChunk, LogId, LogState } from './action-logs.js';
