import { SqliteLogReader, type Witness } from '@millrace/event-store/sqlite';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { allProjections } from '../all-projections.js';
import { checkArtifacts, checkLogs, findUnnamedObjects } from './content-check.js';
import { LOG_FILE, requireData } from './data-directory.js';
import { Findings } from './findings.js';
import { Holdings } from './holdings.js';
import { checkLog, LOG_ADVICE } from './log-check.js';
import type { OnData, OnProgress, VerifyReport } from './ports.js';
import { throttled, type Work } from './progress.js';
import { asRefusal } from './refusal.js';
import { isUnreadableFile } from './sqlite-copy.js';
import { checkViews } from './views-check.js';

/**
 * Reads everything and changes nothing: the log, the views, the logs of actions, the artifacts. Works on the data of a running platform,
 * on that of a stopped one, and on a backup.
 *
 * @throws MaintenanceRefusal `NO_DATA`, `NEWER_FORMAT`.
 */
export function verify({ dataDirectory, signal }: OnData, onProgress: OnProgress): Promise<VerifyReport> {
  return asRefusal(() => verifyDirectory(dataDirectory, { signal, onProgress: throttled(onProgress) }));
}

export async function verifyDirectory(directory: string, work: Work): Promise<VerifyReport> {
  requireData(directory);
  const found = { findings: new Findings(), remarks: new Findings(), holdings: new Holdings() };
  // Before the log is opened: what they have seen it must hold.
  const witnesses = SqliteReadModels.witnesses(directory);
  const reader = await tolerant(found.findings, async () => SqliteLogReader.open({ directory, witnesses }));
  if (reader === undefined) return reportOf(found, '', {});
  try {
    return await checkAll({ directory, reader, witnesses, ...found }, work);
  } finally {
    await reader.close();
  }
}

interface Checks {
  readonly directory: string;
  readonly reader: SqliteLogReader;
  readonly witnesses: readonly Witness[];
  readonly findings: Findings;
  readonly remarks: Findings;
  readonly holdings: Holdings;
}

async function checkAll(checks: Checks, work: Work): Promise<VerifyReport> {
  const { reader, witnesses, findings, remarks } = checks;
  const startedAtMs = Date.now();
  const log = await tolerant(findings, () => checkLog(reader, witnesses, checks, work));
  const projections = allProjections;
  const documents = await tolerant(findings, () => checkViews({ ...checks, projections }, work));
  const logs = await checkLogs(checks, work);
  const artifacts = await checkArtifacts(checks, work);
  // What a log that can't be read to its end does not name may well be named.
  if (log !== undefined) await findUnnamedObjects(checks, remarks, startedAtMs, work);
  return reportOf(checks, log === undefined ? '' : `${reader.logId}.${log.position}`, {
    events: log?.events ?? 0,
    streams: log?.streams ?? 0,
    documents: documents ?? 0,
    logs,
    artifacts,
  });
}

/** A file that SQLite can't read is a finding, no accident; then undefined. */
async function tolerant<T>(findings: Findings, check: () => Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!isUnreadableFile(error)) throw error;
    findings.add('LOG_FILE_DAMAGED', LOG_FILE, `It can't be read: ${error.message}. ${LOG_ADVICE}`);
    return undefined;
  }
}

function reportOf(
  { findings, remarks }: Pick<Checks, 'findings' | 'remarks'>,
  head: string,
  checked: VerifyReport['checked'],
): VerifyReport {
  const found = findings.all();
  return { ok: found.length === 0, head, checked, findings: found, remarks: remarks.all() };
}
