export { backup } from './backup.js';
export { exportEvents } from './export-events.js';
export { rebuild } from './rebuild.js';
export { restore } from './restore.js';
export { verify } from './verify.js';
export { MaintenanceRefusal } from './refusal.js';
export type { RefusalCode } from './refusal.js';
export type {
  BackupOptions,
  BackupReport,
  ExportOptions,
  ExportReport,
  OnData,
  OnProgress,
  Progress,
  RebuildOptions,
  RebuildReport,
  RestoreOptions,
  RestoreReport,
  VerifyFinding,
  VerifyReport,
} from '@millrace/contracts/maintenance';
