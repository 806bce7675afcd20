import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SqliteLogReader } from '@millrace/event-store/sqlite';
import { makeDirectory } from '@millrace/runtime';
import { copyIfThere, filesOf, syncDirectories, syncDirectory } from './copied-files.js';
import {
  BACKUP_FILE,
  closedLogPaths,
  DATA_FORMAT,
  FORMAT_FILE,
  HEAD_FILE,
  LOG_FILE,
  MESSAGES_FILE,
  objectPath,
  requireData,
  SECRETS,
  TOKEN_FILES,
  type BackupManifest,
} from './data-directory.js';
import { holdingsOf, type Holdings } from './holdings.js';
import type { BackupOptions, BackupReport, OnProgress } from '@millrace/contracts/maintenance';
import { breathe, throttled, type Work } from './progress.js';
import { asRefusal, MaintenanceRefusal } from './refusal.js';
import { copyDatabase } from './sqlite-copy.js';
import { verifyDirectory } from './verify.js';

/** Bytes that went between two looks at a log are looked for again, this often at most. */
const ROUNDS_MAX = 5;

/**
 * Copies the installation to a directory that can be restored, while the platform runs or not: the log as of one instant, the consumers'
 * positions, the artifacts and logs that this log names, tokens and secrets. Views are left out, since a start folds them. It is made
 * beside its name, verified, and only then called by it.
 *
 * @throws MaintenanceRefusal `NO_DATA`, `NEWER_FORMAT`, `NOT_EMPTY`; `DAMAGED` when the data, and so the copy, breaks a promise: the copy
 * stays as `<target>.damaged`, so that what is left of the data is in two places.
 */
export function backup(options: BackupOptions, onProgress: OnProgress): Promise<BackupReport> {
  return asRefusal(async () => {
    const { dataDirectory, target, signal } = options;
    requireData(dataDirectory);
    if (existsSync(target))
      throw new MaintenanceRefusal('NOT_EMPTY', `${target} is there already. Name a directory that is not there yet.`);
    const partial = `${target}.partial-${randomUUID()}`;
    await makeDirectory(partial, 0o700);
    try {
      return await makeBackup({ from: dataDirectory, partial, target }, { signal, onProgress: throttled(onProgress) });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
}

interface Places {
  readonly from: string;
  readonly partial: string;
  readonly target: string;
}

async function makeBackup({ from, partial, target }: Places, work: Work): Promise<BackupReport> {
  refuseDamagedLog(from);
  await copyInstallation(from, partial, work);
  const { findings, head } = await verifyDirectory(partial, work);
  const size = await sizeOf(partial);
  const manifest: BackupManifest = { format: DATA_FORMAT, takenAt: new Date().toISOString(), head, ...size };
  await writeFile(join(partial, BACKUP_FILE), `${JSON.stringify(manifest)}\n`, { mode: 0o600, flush: true });
  await syncDirectories(partial);
  const place = findings.length === 0 ? target : freeName(`${target}.damaged`);
  await rename(partial, place);
  await syncDirectory(dirname(place));
  const [first] = findings;
  if (first === undefined) return { head, bytes: size.bytes, files: size.files };
  throw new MaintenanceRefusal(
    'DAMAGED',
    `The copy, made of what is there, breaks ${findings.length === 1 ? 'a promise' : `${findings.length} promises`}; it is kept as ${place}. ` +
      `${first.code} ${first.subject}: ${first.message} \`millrace verify\` names all of them.`,
  );
}

/** Before anything opens the log so that SQLite would drop what it can't read. */
function refuseDamagedLog(directory: string): void {
  const reader = SqliteLogReader.open({ directory });
  try {
    const [fault] = reader.selfCheck();
    if (fault === undefined) return;
    throw new MaintenanceRefusal(
      'DAMAGED',
      `The event log is damaged, and a backup of it would hide that: ${fault.problem} Look with \`millrace verify\`; keep the earlier backups.`,
    );
  } finally {
    void reader.close();
  }
}

/**
 * Bytes first, as far as the log names them now, then the log, then what came in between. Were the log copied first, an artifact that
 * expires meanwhile would be named by the copy and gone.
 */
async function copyInstallation(from: string, to: string, work: Work): Promise<void> {
  await copyContent(from, to, await holdingsIn(from, work), work);
  for (const path of [FORMAT_FILE, ...TOKEN_FILES]) await copyIfThere(join(from, path), join(to, path));
  for (const path of await filesOf(join(from, SECRETS)))
    await copyIfThere(join(from, SECRETS, path), join(to, SECRETS, path));
  for (let round = 1; ; round += 1) {
    await copyLog(from, to);
    const holdings = await holdingsIn(to, work);
    const isWhole = await copyContent(from, to, holdings, work);
    if (isWhole || round === ROUNDS_MAX) return dropUnnamed(to, holdings);
  }
}

/** The positions first: none of them may be ahead of the log that it belongs to. */
async function copyLog(from: string, to: string): Promise<void> {
  for (const file of [MESSAGES_FILE, LOG_FILE]) {
    await rm(join(to, file), { force: true });
    if (existsSync(join(from, file))) await copyDatabase(join(from, file), join(to, file));
  }
  const reader = SqliteLogReader.open({ directory: to });
  try {
    const { position, hash } = await reader.head();
    const head = { logId: reader.logId, position: String(position), hash };
    await writeFile(join(to, HEAD_FILE), `${JSON.stringify(head)}\n`, { mode: 0o600, flush: true });
  } finally {
    await reader.close();
  }
}

async function holdingsIn(directory: string, work: Work): Promise<Holdings> {
  const reader = SqliteLogReader.open({ directory });
  try {
    return await holdingsOf(reader, work);
  } finally {
    await reader.close();
  }
}

/** @returns false when something is not there to be copied. */
async function copyContent(from: string, to: string, holdings: Holdings, work: Work): Promise<boolean> {
  let isWhole = true;
  const files = namedFiles(holdings);
  for (const [at, file] of files.entries()) {
    await breathe(work);
    if (!existsSync(join(to, file)) && !(await copyIfThere(join(from, file), join(to, file)))) isWhole = false;
    work.onProgress({ step: 'files', done: at + 1, of: files.length });
  }
  return isWhole;
}

function namedFiles({ artifacts, logs }: Holdings): readonly string[] {
  const objects = artifacts.map(({ project, sha256 }) => objectPath(project, sha256));
  const closed = logs
    .map(({ project, executionId, actionExecutionId }) => closedLogPaths(project, executionId, actionExecutionId))
    .flatMap((paths) => [paths?.log, paths?.closed]);
  return [...new Set([...objects, ...closed])].filter((path) => path !== undefined);
}

/** What has expired between the first look and the copy of the log. */
async function dropUnnamed(to: string, holdings: Holdings): Promise<void> {
  const named = new Set(namedFiles(holdings));
  for (const folder of ['objects', 'logs'])
    for (const file of await filesOf(join(to, folder)))
      if (!named.has(join(folder, file))) await rm(join(to, folder, file));
}

async function sizeOf(directory: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const files = await filesOf(directory);
  let bytes = 0;
  for (const file of files) bytes += (await stat(join(directory, file))).size;
  return { bytes, files: files.length };
}

function freeName(path: string): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    if (!existsSync(candidate)) return candidate;
  }
}
