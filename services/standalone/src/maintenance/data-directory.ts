import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MaintenanceRefusal } from './refusal.js';

/** Of the data directory (docs/decisions/0027), the newest that this release reads. */
export const DATA_FORMAT = 1;

export const LOG_FILE = 'log.sqlite';
export const MESSAGES_FILE = 'messages.sqlite';
export const VIEWS_FILE = 'views.sqlite';
export const HEAD_FILE = 'head.json';
export const FORMAT_FILE = 'format';
/** Files that people and runners on this machine sign in with; mode 0600. */
export const TOKEN_FILES = ['admin-token', 'runner-token'] as const;
export const SECRETS = 'secrets';
export const OBJECTS = 'objects';
export const LOGS = 'logs';

/** Names a project, an execution or an action in a path. */
const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * @throws MaintenanceRefusal `NO_DATA`, `NEWER_FORMAT`.
 */
export function requireData(directory: string): void {
  if (!existsSync(join(directory, LOG_FILE))) throw noLog(directory);
  const format = formatOf(directory);
  if (format <= DATA_FORMAT) return;
  throw new MaintenanceRefusal(
    'NEWER_FORMAT',
    `The data in ${directory} has format ${format}; this release reads up to ${DATA_FORMAT}. Use the release that wrote it.`,
  );
}

/** Whoever has a head has had a log. */
function noLog(directory: string): MaintenanceRefusal {
  if (!mayLook(directory))
    return new MaintenanceRefusal(
      'NO_DATA',
      `This user may not look into ${directory}. Run the command as the platform's user.`,
    );
  if (existsSync(join(directory, HEAD_FILE)))
    return new MaintenanceRefusal(
      'DAMAGED',
      `The event log is gone from ${directory}, where ${HEAD_FILE} tells of one. Restore a backup.`,
    );
  return new MaintenanceRefusal(
    'NO_DATA',
    `There is no event log in ${directory}. Name the data directory with --data or MILLRACE_DATA.`,
  );
}

function mayLook(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

/** The file is as old as format 1. */
function formatOf(directory: string): number {
  const path = join(directory, FORMAT_FILE);
  return existsSync(path) ? Number(readFileSync(path, 'utf8').trim()) : 1;
}

/** Below the data directory, as FilesObjectStore lays it out. Undefined for what no object can be called. */
export function objectPath(project: string, sha256: string): string | undefined {
  return PART.test(project) && SHA256.test(sha256) ? join(OBJECTS, project, sha256.slice(0, 2), sha256) : undefined;
}

/** The files of a closed log, below the data directory, as FilesActionLogs lays them out. */
export interface ClosedLogPaths {
  readonly log: string;
  /** What the close answered. */
  readonly closed: string;
}

export function closedLogPaths(
  project: string,
  executionId: string,
  actionExecutionId: string,
): ClosedLogPaths | undefined {
  if (![project, executionId, actionExecutionId].every((part) => PART.test(part))) return undefined;
  const path = join(LOGS, project, executionId, actionExecutionId);
  return { log: `${path}.log`, closed: `${path}.closed.json` };
}

/** Makes a directory a backup; written last. */
export const BACKUP_FILE = 'backup.json';

export interface BackupManifest {
  /** {@link DATA_FORMAT} of what it holds. */
  readonly format: number;
  /** ISO 8601. */
  readonly takenAt: string;
  /** `<logId>.<position>`. */
  readonly head: string;
  readonly bytes: number;
  readonly files: number;
}
