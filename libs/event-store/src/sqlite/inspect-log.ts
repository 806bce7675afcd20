import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { NEW_STREAM } from '../event-store.js';
import { hasLog, LOG_FILE, openLogDatabaseReadOnly, readLogId } from './log-database.js';
import { LogQueries } from './log-queries.js';
import { findWalDamage } from './wal-scan.js';
import { findLosses, HEAD_FILE, readHeadFile, type Witness, type WitnessedLog } from './witnesses.js';

const NO_LOG: WitnessedLog = {
  logId: '',
  head: () => ({ position: 0n, hash: NEW_STREAM.hash }),
  hashAtPosition: () => undefined,
};

/**
 * What witnesses have seen and the log does not hold, as sentences. Looks without touching: a writer's connection would move what is
 * readable into the main file when it closes, and delete the write-ahead log with the evidence.
 */
export function inspectLog(directory: string, witnesses: readonly Witness[]): readonly string[] {
  const walDamage = findWalDamage(directory);
  const headFile = readHeadFile(directory);
  const found = walDamage === undefined ? [] : [walDamage];
  if (!existsSync(join(directory, LOG_FILE))) return [...found, ...lossesOf(NO_LOG, headFile, witnesses)];
  const database = openLogDatabaseReadOnly(directory);
  try {
    return [...found, ...lossesOf(hasLog(database) ? witnessedLog(database) : NO_LOG, headFile, witnesses)];
  } finally {
    database.close();
  }
}

/** For a loss that is accepted: what could not be read is kept for whoever wants to look. */
export function keepDamagedWal(directory: string): void {
  const wal = join(directory, `${LOG_FILE}-wal`);
  if (existsSync(wal)) copyFileSync(wal, `${wal}.damaged`);
}

export function lossesOf(
  log: WitnessedLog,
  headFile: Witness | undefined,
  witnesses: readonly Witness[],
): readonly string[] {
  if (headFile === undefined) return findLosses(log, witnesses);
  // It lies beside the log: there is no other log that it could be about.
  if (headFile.logId !== log.logId && headFile.position > 0n)
    return [
      `${HEAD_FILE} has seen another log (${headFile.logId}, up to position ${headFile.position}) than there is now (${log.logId === '' ? 'none' : log.logId}).`,
      ...findLosses(log, witnesses),
    ];
  return findLosses(log, [headFile, ...witnesses]);
}

export function witnessedLog(database: DatabaseSync): WitnessedLog {
  const queries = new LogQueries(database);
  return {
    logId: readLogId(database),
    head: () => queries.head(),
    hashAtPosition: (position) => queries.hashAtPosition(position),
  };
}
