import { join } from 'node:path';
import type { LogId } from '../action-logs.js';

const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The files of one log. */
export interface LogPaths {
  readonly folder: string;
  readonly log: string;
  /** There when the log is closed: what the close answered. */
  readonly closed: string;
  /** There when something was dropped. */
  readonly dropped: string;
}

/** @throws RangeError when a part could lead elsewhere. */
export function logPaths(logs: string, { project, executionId, actionExecutionId }: LogId): LogPaths {
  for (const part of [project, executionId, actionExecutionId])
    if (typeof part !== 'string' || !PART.test(part))
      throw new RangeError(`"${String(part).slice(0, 200)}" names no part of a log.`);
  const folder = join(logs, project, executionId);
  const file = (suffix: string): string => join(folder, `${actionExecutionId}${suffix}`);
  return { folder, log: file('.log'), closed: file('.closed.json'), dropped: file('.dropped.json') };
}
