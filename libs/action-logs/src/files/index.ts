export { FilesActionLogs } from './files-action-logs.js';
export type { FilesActionLogsOptions } from './files-action-logs.js';
